import { describe, expect, test } from 'vitest'
import * as errors from '../../src/core/errors.ts'
import { asked, HELD, rejection, setup } from '../support/local.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

const build = { action_type: 'build', declared_goal: 'Build it' } as const
const nonsense = [
  null,
  0,
  'ok',
  true,
  [],
  {},
  { action: null },
  { action: 7 },
  { action: { action_id: 'act_other', status: 'running' } },
]
const states = [7, null, true, {}, ['running']]

describe('an answer that is JSON and no action', () => {
  test.each(states)('a new action in the state %j is an error of this package, and nothing runs', async (status) => {
    for (const hitlMode of ['off', 'wait'] as const) {
      const { claw, server } = setup({ hitlMode })
      const body = JSON.stringify({ action: { action_id: 'act_1', status }, action_id: 'act_1' })
      server.failNext({ path: '/api/actions', status: 201, body }, 2)
      expect(await rejection(claw.createAction(build))).toBeInstanceOf(errors.ServerError)
      let ran = 0
      expect(await rejection(claw.track(build, () => ran++))).toMatchObject({ status: 200, method: 'POST' })
      expect(ran).toBe(0)
    }
  })
  test.each(nonsense)('%j, when the lost answer of a new action is read again, is one too', async (body) => {
    const { claw, server } = setup()
    server.failNext({ method: 'POST', path: '/api/actions', kind: 'lost' })
    server.failNext({ method: 'GET', path: /^\/api\/actions\//, status: 200, body: JSON.stringify(body) })
    let ran = 0
    const error = await rejection(claw.track(build, () => ran++))
    expect(error).toBeInstanceOf(errors.ServerError)
    expect(error.message).toMatch(
      /^GET \/api\/actions\/act_.* answered (without an|about another) action, so nothing is allowed\./,
    )
    expect(ran).toBe(0)
  })
  test.each(nonsense)('%j delivers no outcome: it is written again', async (body) => {
    const told: [string, boolean][] = []
    const { claw, server } = setup({ onUndelivered: ({ what, final }) => void told.push([what, final]) })
    server.failNext({ method: 'PATCH', status: 200, body: JSON.stringify(body) })
    expect(await claw.track(build, () => 'built')).toBe('built')
    const [row] = server.snapshot()['actions'] as { action_id: string; status: string }[]
    expect(row!.status).toBe('running')
    expect(told).toEqual([[`outcome completed of ${row!.action_id}`, false]])
    await claw.flush()
    expect(server.snapshot()['actions']).toMatchObject([{ status: 'completed', output_summary: 'built' }])
    await claw.flush()
    expect(asked(server)).toEqual(['POST /api/actions', 'PATCH /api/actions/:id', 'PATCH /api/actions/:id'])
  })
  test.each(nonsense)('%j decides nothing about an action that waits', async (body) => {
    const { claw, server } = setup({}, { policies: [HELD] })
    const { action_id } = await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship' })
    server.failNext({ method: 'GET', path: `/api/actions/${action_id}`, status: 200, body: JSON.stringify(body) })
    let done = false
    const wait = claw.waitForApproval(action_id, { interval: 20 }).finally(() => {
      done = true
    })
    await expect.poll(() => asked(server).filter((route) => route === 'GET /api/actions/:id').length).toBe(2)
    expect(done).toBe(false)
    server.approve(action_id)
    expect((await wait).action).toMatchObject({ action_id, status: 'running' })
  })
})
