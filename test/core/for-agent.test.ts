import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { DashClaw } from '../../src/client.ts'
import { sharedOf } from '../../src/core/core.ts'
import { generateKeyPair } from '../../src/core/keys.ts'
import { HELD, rejection, setup } from '../support/local.ts'

const deploy = { action_type: 'deploy', declared_goal: 'Ship' } as const
const hold = async (claw: DashClaw) => (await claw.createAction(deploy)).action_id

describe('closing a client of forAgent', () => {
  test('ends its waits, and no other', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const child = claw.forAgent('agent-2')
    const grandchild = child.forAgent('agent-3')
    const sibling = claw.forAgent('agent-4')
    const ids = await Promise.all([claw, child, grandchild, sibling].map(hold))
    const [own, childs, grandchilds, siblings] = [claw, child, grandchild, sibling].map((each, at) =>
      each.waitForApproval(ids[at]!),
    )
    const ended = [rejection(childs!), rejection(grandchilds!)]
    await child.close()
    for (const end of ended) expect(await end).toMatchObject({ message: /client was closed/ })
    server.approve(ids[0]!)
    server.approve(ids[3]!)
    expect((await own!).action.status).toBe('running')
    expect((await siblings!).action.status).toBe('running')
  })
  test('for one action that others wait for too, ends its own wait alone', async () => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const child = claw.forAgent('agent-2')
    const id = await hold(claw)
    const own = claw.waitForApproval(id)
    const childs = rejection(child.waitForApproval(id))
    await child.close()
    expect(await childs).toMatchObject({ message: /client was closed/ })
    server.approve(id)
    expect((await own).action.status).toBe('running')
  })
  test('ends its streams, and no other', async () => {
    const { claw } = setup()
    const child = claw.forAgent('agent-2')
    const seen: string[] = []
    claw.events().on('action.created', ({ declared_goal }) => seen.push(declared_goal))
    const reading = (async () => {
      for await (const _ of child.events());
      return 'ended'
    })()
    await pause(5)
    await child.close()
    expect(await reading).toBe('ended')
    await claw.createAction({ action_type: 'build', declared_goal: 'still here' })
    await expect.poll(() => seen).toEqual(['still here'])
    await claw.close()
  })
  test('ends its heartbeats, and no other, also of the same agent', async () => {
    const { claw, server } = setup()
    const child = claw.forAgent('agent-2')
    const again = claw.forAgent('agent-2')
    claw.startHeartbeat({ interval: 1000 })
    child.startHeartbeat({ interval: 1000 })
    again.startHeartbeat({ interval: 1000 })
    await expect.poll(() => server.requests.length).toBe(2)
    await child.close()
    expect(sharedOf(claw).closers.size).toBe(2)
    await again.close()
    expect(sharedOf(claw).closers.size).toBe(1)
    await claw.close()
    expect(sharedOf(claw).closers.size).toBe(0)
  })
  test('ends its wait for a pairing, and no other', async () => {
    const { claw, server } = setup()
    const { privateJwk } = await generateKeyPair()
    const child = claw.forAgent('agent-2')
    const { pairing } = await claw.createPairingFromPrivateJwk(privateJwk)
    const own = claw.waitForPairing(pairing.id, { interval: 10 })
    const childs = rejection(child.waitForPairing(pairing.id, { interval: 10 }))
    await expect.poll(() => server.requests.length).toBeGreaterThan(2)
    await child.close()
    expect(await childs).toMatchObject({ message: /client was closed/ })
    await claw.approvePairing(pairing.id)
    expect((await own).status).toBe('approved')
  })
  test('delivers what waits, and gives nothing up: it is tried again', async () => {
    const told: boolean[] = []
    const { claw } = setup({ onUndelivered: ({ final }) => told.push(final) })
    const child = claw.forAgent('agent-2')
    let tries = 0
    let works = false
    claw.background('report', async () => {
      tries++
      if (!works) throw new Error('away')
    })
    await child.close()
    expect(tries).toBeGreaterThanOrEqual(2)
    expect(told).toEqual([false])
    works = true
    const before = tries
    await claw.flush()
    expect(tries).toBe(before + 1)
    // The queue is not marked as closed either.
    works = false
    claw.background('another', () => Promise.reject(new Error('away')))
    await pause(5)
    expect(told).toEqual([false, false])
    await claw.close()
    expect(told).toEqual([false, false, true])
  })
})

test('closing a client ends what the clients made from it began', async () => {
  const { claw } = setup({}, { policies: [HELD] })
  const child = claw.forAgent('agent-2').forAgent('agent-3')
  const id = await hold(child)
  const wait = rejection(child.waitForApproval(id))
  child.startHeartbeat({ interval: 1000 })
  child.events().on('action.created', () => {})
  await claw.close()
  expect(await wait).toMatchObject({ message: /client was closed/ })
  await expect.poll(() => sharedOf(claw).closers.size).toBe(0)
  // What begins later ends at once.
  expect(await rejection(child.waitForApproval(id))).toMatchObject({ message: /client was closed/ })
  child.startHeartbeat()
  expect(await child.events()[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  expect(sharedOf(claw).closers.size).toBe(0)
})

test('many clients of forAgent leave nothing behind', async () => {
  const { claw } = setup()
  for (let n = 0; n < 100; n++) await claw.forAgent(`agent-${n}`).close()
  expect(sharedOf(claw).closers.size).toBe(0)
})

test.each([
  [['b', { agent_name: 'B' }], /forAgent has no option agent_name; did you mean agentName\?/],
  [['b', { swarm: 's' }], /no option swarm; did you mean swarmId/],
  [['b', 'Ops'], /forAgent takes an object of options: forAgent\('ops-bot', \{ agentName: 'Ops' \}\)/],
  [['b', null], /takes an object of options/],
  [['b', ['Ops']], /takes an object of options/],
  [[''], /agentId of the other agent/],
  [[undefined], /agentId of the other agent/],
  [[5], /agentId of the other agent/],
  [[Promise.resolve('b')], /agentId of the other agent/],
  [[{ agentId: 'b' }], /agentId of the other agent/],
])('forAgent refuses %j', (given, message) => {
  const { claw } = setup()
  expect(() => claw.forAgent(...(given as [string]))).toThrow(
    expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }),
  )
})
