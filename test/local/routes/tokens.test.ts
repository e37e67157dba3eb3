import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Events } from '../../../src/domains/events.ts'
import { Presence } from '../../../src/domains/presence.ts'
import { Tokens } from '../../../src/domains/tokens.ts'
import { createLocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Tokens, Presence, Events)

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })
  replay({ domain: 'tokens', server })

  test('end with the totals that were recorded for the same reports', async () => {
    const totals = async (query: string) => {
      const answer = await server.fetch(`${server.baseUrl}/api/tokens${query}`, { headers: { 'x-api-key': 'local' } })
      return (await answer.json()) as { today: object; current: object }
    }
    // Three more reports came after those totals were read: 50 in and 13 out.
    expect((await totals('?agent_id=tok-a-mwruvyyv')).today).toMatchObject({
      tokensIn: 2407 + 50,
      tokensOut: 781 + 13,
      snapshots: 8 + 3,
    })
    expect(await totals('')).toMatchObject({
      current: { model: 'aggregate', session: 'org-aggregate', agentId: null, tokensIn: 20, tokensOut: 0 },
      today: { tokensIn: 2407 + 50 + 5, tokensOut: 781 + 13 + 5 },
    })
  })
})

test('over real HTTP a report is stored, told to listeners, and makes its agent known', async () => {
  const server = createLocalServer()
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'counter' })
  const { snapshot } = await claw.reportTokenUsage({
    tokens_in: 10.9,
    tokens_out: 5,
    context_used: 50_000,
    session_id: 's',
  })
  expect(snapshot).toMatchObject({
    agent_id: 'counter',
    tokens_in: 10,
    context_pct: 25,
    session_key: 's',
    model: 'unknown',
  })
  expect(snapshot).not.toHaveProperty('created_at')
  expect((await claw.listAgents()).agents).toMatchObject([{ agent_id: 'counter', action_count: 0 }])
  expect((await claw.reportTokenUsage({ tokens_out: 1, agent_id: null })).snapshot).toMatchObject({
    agent_id: null,
    session_key: 'sdk',
  })
  await claw.close()
  await close()
})

test('a budget can be set on the newer line', async () => {
  const server = createLocalServer()
  const call = async (method: string, query: string, body?: object) => {
    const init = { method, headers: { 'x-api-key': 'local' }, ...(body && { body: JSON.stringify(body) }) }
    const answer = await server.fetch(`${server.baseUrl}/api/tokens/budget${query}`, init)
    return { status: answer.status, ...((await answer.json()) as object) }
  }
  const limits = { daily_limit: 1, weekly_limit: 2, monthly_limit: 3 }
  expect(await call('PUT', '', { ...limits, agent_id: 'a' })).toMatchObject({ status: 200, budget: limits })
  await call('PUT', '', { ...limits, agent_id: 'a', monthly_limit: 30 })
  expect(await call('GET', '?agent_id=a')).toMatchObject({ budget: { ...limits, monthly_limit: 30, agent_id: 'a' } })
  expect(await call('GET', '')).toMatchObject({ budget: { daily_limit: 18_000, agent_id: null } })
  expect(await call('PUT', '', { ...limits, daily_limit: -1 })).toEqual({
    status: 400,
    error: 'Limits must be non-negative',
  })
})

test('each report is an event', async () => {
  const server = createLocalServer()
  const claw = new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'counter', fetch: server.fetch })
  const seen: unknown[] = []
  const stream = claw.events()
  stream.on('token.usage', (data) => void seen.push(data))
  await new Promise((connected) => stream.on('connected', connected))
  await claw.reportTokenUsage({ tokens_in: 1_000_000, tokens_out: 1_000_000, model: 'm' })
  await expect
    .poll(() => seen)
    .toEqual([
      { agent_id: 'counter', tokens_in: 1e6, tokens_out: 1e6, total_tokens: 2e6, estimated_cost: 90, model: 'm' },
    ])
  await claw.close()
})
