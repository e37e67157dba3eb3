import { expect, test } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import type { Fetch } from '../../src/core/types.ts'
import { figure } from './support/figures.ts'

const CALLS = 100_000
const WARM = 20_000
const WIDE = 50

/** Answers as a server does, keeps nothing, and fails now and then: 1 request of 25 with 503, 1 of 40 not at all. */
function stub(): Fetch {
  let count = 0
  return async (url, { method, body }) => {
    count++
    if (count % 25 === 0) return Response.json({ error: 'busy' }, { status: 503, headers: { 'retry-after': '0' } })
    if (count % 40 === 0) throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })
    const { pathname } = new URL(url)
    if (pathname === '/api/guard') {
      return Response.json({ decision: 'allow', reasons: [], warnings: [], matched_policies: [] })
    }
    const sent = body ? (JSON.parse(body) as { action_id?: string }) : {}
    const action_id = sent.action_id ?? pathname.split('/').at(-1)!
    const status = method === 'PATCH' ? 'completed' : 'running'
    return Response.json(
      { action: { ...sent, action_id, status }, action_id },
      { status: method === 'POST' ? 201 : 200 },
    )
  }
}

/** Bytes in use after everything that can go is gone. */
async function heap(): Promise<number> {
  const { gc } = globalThis
  if (!gc) throw new Error('Run with --expose-gc: vitest.faults.config.ts does.')
  // Finalizers run between collections.
  for (let i = 0; i < 4; i++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return process.memoryUsage().heapUsed
}

test('100,000 calls leave the memory as it was', async () => {
  const random = Math.random
  Math.random = () => random() / 1000
  try {
    const { signal } = new AbortController()
    const claw = new DashClaw({
      baseUrl: 'http://127.0.0.1',
      apiKey: 'local',
      agentId: 'agent-1',
      fetch: stub(),
      logger: false,
      guardMode: 'enforce',
      onGuardError: 'allow',
      maxRetries: 5,
    })
    let made = 0
    const call = async (n: number) => {
      made++
      const action = { action_type: 'build', declared_goal: `Build ${n}` } as const
      if (n % 4 === 0) await claw.forAgent(`agent-${n}`).track(action, () => n, { signal })
      else if (n % 4 === 1) await claw.track(action, () => Promise.reject(new Error('no'))).catch(() => {})
      else if (n % 4 === 2) await claw.guard({ action_type: 'build' }, { signal })
      else await claw.createAction(action, { signal, timeout: 5000 })
    }
    const run = async (calls: number) => {
      for (let at = 0; at < calls; at += WIDE) await Promise.all(Array.from({ length: WIDE }, (_, n) => call(at + n)))
      await claw.flush()
    }
    // Caches fill and code is compiled once.
    await run(WARM)
    const before = await heap()
    await run(CALLS)
    const after = await heap()
    figure('memory test: calls', made)
    figure('memory test: heap before, bytes', before)
    figure('memory test: heap after, bytes', after)
    // 10 bytes a call: the smallest thing that could be kept of one is larger.
    expect(after - before).toBeLessThan(CALLS * 10)
    await claw.close()
  } finally {
    Math.random = random
  }
}, 120_000)
