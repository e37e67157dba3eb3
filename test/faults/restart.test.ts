import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import type { Undelivered } from '../../src/core/options.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { figure } from './support/figures.ts'
import { leftovers } from './support/leftovers.ts'

const build = { action_type: 'build', declared_goal: 'Build it' } as const
type Row = { action_id: string; status: string; output_summary: string | null }

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}

function client(port: number, told: Undelivered[], more: object = {}) {
  return new DashClaw({
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey: 'local',
    agentId: 'agent-1',
    logger: false,
    maxRetries: 0,
    timeout: 2000,
    onUndelivered: (entry) => told.push(entry),
    ...more,
  })
}

test('what ends while the server is down is kept, and delivered by itself when it is back', async () => {
  const left = leftovers()
  const server = createLocalServer()
  const first = await server.listen()
  const { port } = first
  const told: Undelivered[] = []
  const claw = client(port, told, { timeout: 20_000 })
  let down = () => {}
  const stopped = new Promise<void>((resolve) => {
    down = resolve
  })
  // 200 pieces of work begin with the server and end without it.
  const begun: string[] = Array.from({ length: 200 }, () => '')
  const all = Array.from({ length: 200 }, (_, n) =>
    claw.track(build, async ({ action_id }) => {
      begun[n] = action_id
      await stopped
      if (n % 2) throw new Error(`failed ${n}`)
      return `done ${n}`
    }),
  )
  await expect.poll(() => begun.filter(Boolean).length, { timeout: 20_000 }).toBe(200)
  await first.close()
  down()
  const settled = await Promise.allSettled(all)
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message))).toEqual(
    settled.map((_, n) => (n % 2 ? `failed ${n}` : `done ${n}`)),
  )
  // Each is reported once, as kept.
  expect(told.map(({ what, final }) => `${what} ${final}`).sort()).toEqual(
    begun.map((id, n) => `outcome ${n % 2 ? 'failed' : 'completed'} of ${id} false`).sort(),
  )
  await claw.flush()
  expect((server.snapshot()['actions'] as Row[]).every(({ status }) => status === 'running')).toBe(true)
  const second = await server.listen(port)
  // Nobody calls flush: the back-off does it.
  const done = () => (server.snapshot()['actions'] as Row[]).filter(({ status }) => status !== 'running').length
  await expect.poll(done, { timeout: 30_000, interval: 200 }).toBe(200)
  expect(told.filter(({ final }) => final)).toEqual([])
  figure('outcomes kept over a restart of the server, all delivered', 200)
  await claw.close()
  expect(told).toHaveLength(200)
  await second.close()
  await server.close()
  expect(await left()).toEqual([])
}, 60_000)

test('flush and waitUntil deliver it as soon as the server is back, and close gives up what it can not', async () => {
  const server = createLocalServer()
  const first = await server.listen()
  const { port } = first
  const told: Undelivered[] = []
  const handed: Promise<unknown>[] = []
  const claw = client(port, told, { waitUntil: (work: Promise<unknown>) => handed.push(work) })
  await claw.track(build, () => first.close())
  expect(told).toMatchObject([{ final: false }])
  const second = await server.listen(port)
  await claw.flush()
  expect(server.snapshot()['actions']).toMatchObject([{ status: 'completed' }])
  expect(handed.length).toBeGreaterThan(0)
  await Promise.all(handed)
  await claw.track(build, () => second.close())
  await claw.close()
  expect(told).toMatchObject([{ final: false }, { final: false }, { final: true }])
  await server.close()
})

test('a process with undelivered outcomes ends when its work is over', async () => {
  const port = await freePort()
  // The built package, as a script of its own: the server is never there.
  const script = `
    import { DashClaw } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)}
    const claw = new DashClaw({ baseUrl: 'http://127.0.0.1:${port}', apiKey: 'k', agentId: 'a', logger: false, maxRetries: 0 })
    claw.background('report', () => claw.getActions())
    setTimeout(() => console.log('over'), 300)
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  const [code] = await once(child, 'exit')
  expect([code, out.trim()]).toEqual([0, 'over'])
}, 30_000)
