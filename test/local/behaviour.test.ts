import { describe, expect, test, vi } from 'vitest'
import { createLocalServer, type LocalServer, type LocalServerOptions } from '../../src/local/index.ts'
import { recordings } from '../support/fixtures.ts'
import { HELD, setup, WARNED } from '../support/local.ts'

const call = (server: LocalServer, path: string, init: RequestInit = {}, key: string | null = 'local') =>
  server.fetch(server.baseUrl + path, {
    ...init,
    headers: { ...(key && { 'x-api-key': key }), ...(init.headers as object) },
  })
const post = (server: LocalServer, path: string, body: unknown, key = 'local') =>
  call(server, path, { method: 'POST', body: JSON.stringify(body) }, key)
const goal = { agent_id: 'a', action_type: 'build', declared_goal: 'g' }

describe('the gate', () => {
  const keys = [
    { key: 'member', role: 'member' },
    { key: 'reader', role: 'readonly' },
    { key: 'other', org: 'org_other' },
  ] as const
  const make = (options: LocalServerOptions = {}) => createLocalServer({ version: '2.0', keys, ...options })

  test.each([
    ['an unknown path with a key', 'GET', '/api/does-not-exist', 'local', 404, 'text/html; charset=utf-8'],
    ['an unknown path without a key', 'GET', '/api/does-not-exist', null, 401, 'application/json'],
    ['a wrong key', 'GET', '/api/actions', 'wrong', 401, 'application/json'],
    ['a method that the path does not have', 'PUT', '/api/actions', 'local', 405, null],
    ['a method that an action does not have', 'DELETE', '/api/actions/act_x', 'local', 405, null],
    ['a trailing slash', 'GET', '/api/actions/', 'local', 308, null],
    ['HEAD', 'HEAD', '/api/actions', 'local', 200, 'application/json'],
    ['a broken percent-encoding', 'GET', '/api/actions/%E0%A4%A', 'local', 400, 'text/html; charset=utf-8'],
    ['a public path', 'GET', '/api/health', null, 200, 'application/json'],
    ['a readonly key that writes', 'POST', '/api/guard', 'reader', 403, 'application/json'],
    ['a readonly key that reads', 'GET', '/api/actions', 'reader', 200, 'application/json'],
    ['a member at an admin call', 'GET', '/api/orgs', 'member', 403, 'application/json'],
    ['preflight', 'OPTIONS', '/api/actions', null, 204, null],
  ])('%s', async (_title, method, path, key, status, type) => {
    const answer = await call(make(), path, { method }, key)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type])
  })

  test('says the texts of the recordings', async () => {
    const server = make()
    for (const { name, request, response } of recordings('transport')) {
      if (!['no key', 'wrong key', 'readonly key may not write'].includes(name)) continue
      const key = name === 'no key' ? null : name === 'wrong key' ? 'wrong' : 'reader'
      const answer = await call(server, request.path, { method: request.method }, key)
      expect([answer.status, await answer.json()]).toEqual([response.status, response.body])
    }
  })

  test('a body above 2 MiB is refused', async () => {
    const answer = await post(make(), '/api/actions', { ...goal, junk: 'x'.repeat(2_097_152) })
    expect([answer.status, await answer.json()]).toEqual([
      413,
      { error: 'Request body too large', maxBytes: 2_097_152 },
    ])
  })

  test('counts requests in a fixed window', async () => {
    const server = make({ rateLimit: { limit: 2 } })
    const statuses = async () => (await call(server, '/api/actions')).status
    expect([await statuses(), await statuses(), await statuses()]).toEqual([200, 200, 429])
    server.clock.advance(60_000)
    expect(await statuses()).toBe(200)
  })

  test('names the origin on answers of routes only', async () => {
    const server = make({ cors: { origin: 'https://app.example.com' } })
    const allowed = async (origin: string, key: string | null) =>
      (await call(server, '/api/actions', { headers: { origin } }, key)).headers.get('access-control-allow-origin')
    expect(await allowed('https://app.example.com', 'local')).toBe('https://app.example.com')
    expect(await allowed('https://app.example.com', 'wrong')).toBeNull()
    expect(await allowed('https://evil.example.com', 'local')).toBeNull()
  })

  test('keeps organizations apart, but ids of actions are unique over all', async () => {
    const server = make()
    await post(server, '/api/actions', { ...goal, action_id: 'mine' }, 'other')
    expect((await call(server, '/api/actions/mine')).status).toBe(404)
    expect((await post(server, '/api/actions', { ...goal, action_id: 'mine' })).status).toBe(409)
  })

  test('closed enrollment and enforced signatures refuse in the right order', async () => {
    const closed = make({ closedEnrollment: true })
    expect(await (await post(closed, '/api/actions', goal)).json()).toMatchObject({ code: 'AGENT_NOT_REGISTERED' })
    expect((await post(closed, '/api/guard', goal)).status).toBe(200)
    const enforced = make({ enforceSignatures: true })
    expect((await post(enforced, '/api/actions', {})).status).toBe(400)
    expect(await (await post(enforced, '/api/actions', goal)).json()).toMatchObject({ code: 'SIGNATURE_REQUIRED' })
    const wrong = await post(enforced, '/api/actions', { ...goal, _signature: 'AAAA' })
    expect(await wrong.json()).toMatchObject({ code: 'INVALID_AGENT_SIGNATURE' })
  })
})

describe('actions', () => {
  test('many bad values give a text each, in the order of the fields', async () => {
    const { claw, server } = setup({}, { version: '2.0' })
    const body = {
      agent_id: '',
      action_type: 'nope',
      declared_goal: 'g',
      status: 'done',
      reversible: 'yes',
      risk_score: 10.5,
    }
    const answer = await post(server, '/api/actions', {
      ...body,
      confidence: 101,
      side_effects: Array(51).fill('x'),
      duration_ms: -1,
    })
    expect(await answer.json()).toEqual({
      error: 'Validation failed',
      details: [
        'agent_id cannot be empty',
        expect.stringMatching(/^action_type must be one of: build, deploy,/),
        'status must be one of: running, completed, failed, cancelled, pending, pending_approval',
        'reversible must be a boolean',
        'risk_score must be an integer',
        'confidence must be <= 100',
        'side_effects exceeds max items of 50',
        'duration_ms must be >= 0',
      ],
    })
    await claw.close()
  })

  test('one whose time is no date breaks signals and traces, as on the platform', async () => {
    const { server } = setup({}, { version: '2.0' })
    await post(server, '/api/actions', { ...goal, action_id: 'bad', timestamp_start: 'not a date' })
    expect((await call(server, '/api/actions/signals')).status).toBe(500)
    expect((await call(server, '/api/actions/bad/trace')).status).toBe(500)
  })

  test('a trace names what may have gone wrong, by kind', async () => {
    const { claw } = setup()
    const parent = await claw.createAction({ action_type: 'build', declared_goal: 'parent' })
    await claw.updateOutcome(parent.action_id, { status: 'failed', error_message: 'boom' })
    const child = await claw.createAction({
      action_type: 'build',
      declared_goal: 'child',
      parent_action_id: parent.action_id,
    })
    await claw.registerOpenLoop({ action_id: child.action_id, loop_type: 'review', description: 'open' })
    const { assumption } = await claw.registerAssumption({ action_id: child.action_id, assumption: 'wrong' })
    await claw.validateAssumption(assumption.id, { validated: false, invalidated_reason: 'r' })
    const { trace } = await claw.getActionTrace(child.action_id)
    expect(trace.root_cause_indicators.map(({ type, severity, count }) => [type, severity, count])).toEqual([
      ['invalidated_assumptions', 'high', 1],
      ['unresolved_loops', 'medium', 1],
      ['parent_failures', 'high', 1],
      ['related_failures', 'medium', 1],
    ])
    expect(trace.parent_chain.map(({ action_id }) => action_id)).toEqual([parent.action_id])
    expect((await claw.getActionTrace(parent.action_id)).trace.sub_actions).toHaveLength(1)
  })

  test('secrets are masked before they are stored, and counted', async () => {
    const { claw, server } = setup()
    const { security, action } = await claw.createAction({
      action_type: 'api',
      declared_goal: 'use AKIAIOSFODNN7EXAMPLE',
      systems_touched: ['ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
    })
    expect(action.declared_goal).toBe('use [REDACTED:aws_access_key]')
    expect(security).toEqual({
      clean: false,
      findings_count: 2,
      critical_count: 2,
      categories: ['cloud_credential', 'token'],
    })
    expect(JSON.stringify(server.snapshot())).not.toContain('AKIAIOSFODNN7EXAMPLE')
  })

  test('an approval writes its block into reasoning, and newer servers who approved', async () => {
    for (const version of ['2.0', '2.10'] as const) {
      const { claw, server } = setup({}, { version, policies: [HELD] })
      const { action_id } = await claw.createAction({ action_type: 'deploy', declared_goal: 'd', reasoning: 'planned' })
      const { action } = await claw.approveAction(action_id, { decision: 'allow', reasoning: 'Change window approved' })
      expect(action.reasoning).toBe('planned\n\n[HITL Decision: ALLOW by ]\nReason: Change window approved')
      expect('approved_by' in action).toBe(version === '2.10')
      expect(server.snapshot()['activity']).toMatchObject([{ action: 'action.allowed', resource_id: action_id }])
    }
  })

  test('a blocked action is stored on newer servers only, and its id stays free on older ones', async () => {
    for (const version of ['2.0', '2.10'] as const) {
      const { claw, server } = setup({}, { version, policies: [{ ...WARNED, rules: { threshold: 50 } }] })
      const input = { action_type: 'build', declared_goal: 'b', risk_score: 90, action_id: 'mine' }
      await claw.createAction(input).catch(() => {})
      expect(server.snapshot()['actions']?.length ?? 0).toBe(version === '2.0' ? 0 : 1)
    }
  })
})

describe('signals', () => {
  test('appear at their limits, red before amber, with their labels', async () => {
    const { claw, server } = setup({}, { version: '2.0' })
    await claw.heartbeat({ current_task_id: 'task' })
    for (let at = 0; at < 4; at++) {
      const { action_id } = await claw.createAction({ action_type: 'test', declared_goal: `fails ${at}` })
      await claw.updateOutcome(action_id, { status: 'failed' })
    }
    expect((await claw.getSignals()).signals.map(({ label }) => label)).toEqual([
      'Decision reliability degraded: agent-1 (4 failures in 24h)',
    ])
    const { action_id } = await claw.createAction({
      action_type: 'deploy',
      declared_goal: 'Risky',
      reversible: false,
      risk_score: 90,
    })
    await claw.registerOpenLoop({ action_id, loop_type: 'review', description: 'Old loop' })
    await claw.registerAssumption({ action_id, assumption: 'Old assumption' })
    server.clock.advance(15 * 86_400_000)
    const { signals, counts } = await claw.getSignals()
    expect(signals.map(({ severity, label }) => [severity, label])).toEqual([
      ['red', 'Agent heartbeat lost: agent-1'],
      ['red', 'Ungoverned high-risk decision: Risky'],
      ['red', 'Unresolved dependency (360h): Old loop'],
      ['red', 'Stalled decision (360h): Risky'],
      ['amber', 'Unverified decision basis (15d): Old assumption'],
    ])
    expect(counts).toEqual({ red: 4, amber: 1, total: 5 })
    expect((await claw.getSignals({ agent_id: 'nobody' })).counts.total).toBe(0)
  })
})

describe('guard webhooks', () => {
  const policy = (rules: object) => ({
    name: 'hook',
    policy_type: 'webhook_check',
    rules: { url: 'https://hooks.example.com/guard', ...rules },
  })
  test.each([
    [
      'more severe',
      { decision: 'block', reasons: ['no'], warnings: ['w'] },
      'block',
      ['hook: hook (webhook): no'],
      ['hook (webhook): w'],
    ],
    ['less severe', { decision: 'allow' }, 'allow', [], []],
    ['only warnings', { warnings: ['a', 'b'] }, 'warn', [], ['hook: hook (webhook): a', 'hook (webhook): b']],
    [
      'an approval',
      { decision: 'require_approval' },
      'require_approval',
      ['hook: hook (webhook): Webhook escalated to require_approval'],
      [],
    ],
  ])('an answer that is %s', async (_title, body, decision, reasons, warnings) => {
    const seen: { headers: Headers; body: string }[] = []
    const webhookFetch = async (_url: unknown, init?: RequestInit) => {
      seen.push({ headers: new Headers(init?.headers), body: init?.body as string })
      return Response.json(body)
    }
    const { claw } = setup(
      {},
      { version: '2.0', secret: 's3cret', webhookFetch: webhookFetch as typeof fetch, policies: [policy({})] },
    )
    expect(await claw.guard({ action_type: 'build', risk_score: 5 })).toMatchObject({ decision, reasons, warnings })
    expect(JSON.parse(seen[0]!.body)).toMatchObject({
      event: 'guard.evaluation',
      preliminary_decision: 'allow',
      context: { action_type: 'build', risk_score: 5, agent_id: 'agent-1', systems_touched: [], reversible: null },
    })
    expect(seen[0]!.headers.get('x-dashclaw-signature')).toMatch(/^v1=[0-9a-f]{64}$/)
  })
  test.each([
    ['no connection', () => Promise.reject(new TypeError('fetch failed'))],
    ['a refusal', async () => Response.json({ decision: 'allow' }, { status: 500 })],
    ['no JSON', async () => new Response('ok')],
    ['JSON null', async () => Response.json(null)],
  ])('%s means what on_timeout says', async (_title, webhookFetch) => {
    for (const [on_timeout, decision] of [
      ['block', 'block'],
      ['allow', 'allow'],
    ]) {
      const { claw } = setup(
        {},
        { version: '2.0', webhookFetch: webhookFetch as typeof fetch, policies: [policy({ on_timeout })] },
      )
      expect((await claw.guard({ action_type: 'build' })).decision).toBe(decision)
    }
  })
})

describe('the stream', () => {
  async function read(server: LocalServer, query = '', headers: Record<string, string> = {}): Promise<string> {
    const controller = new AbortController()
    const answer = await call(server, `/api/stream${query}`, { headers, signal: controller.signal })
    const reader = answer.body!.getReader()
    let text = ''
    while (!text.includes('event: connected')) text += new TextDecoder().decode((await reader.read()).value)
    controller.abort()
    await expect(reader.read()).rejects.toBeDefined()
    return text
  }

  test('replays what was missed, oldest first, then says connected', async () => {
    const { claw, server } = setup()
    for (let at = 0; at < 3; at++) server.emit('loop.updated', { at })
    for (const [query, headers] of [
      ['?lastEventId=mem-1', {}],
      ['', { 'last-event-id': 'mem-1' }],
    ] as const) {
      const text = await read(server, query, headers)
      expect(text.match(/^id: .*$/gm)).toEqual(['id: mem-2', 'id: mem-3'])
      expect(text).toMatch(/"replayed":2,"lastEventId":"mem-1"/)
    }
    for (const id of ['evt_zzz', 'mem-99999']) expect(await read(server, `?lastEventId=${id}`)).toMatch(/"replayed":0/)
    expect(await read(server)).not.toMatch(/^id: /m)
    server.clock.advance(600_001)
    expect(await read(server, '?lastEventId=mem-0')).toMatch(/"replayed":0/)
    await claw.close()
  })

  test('replays at most 200 events, and keeps at most 1,000', async () => {
    const { server } = setup()
    for (let at = 0; at < 1100; at++) server.emit('loop.updated', { at })
    const text = await read(server, '?lastEventId=mem-0')
    expect(text.match(/^id: .*$/gm)!.length).toBe(200)
    expect(text).toContain('id: mem-101\n')
  })

  test('sends a comment every 15 seconds, and ends with the server', async () => {
    vi.useFakeTimers()
    try {
      const { server } = setup()
      const answer = await call(server, '/api/stream')
      const reader = answer.body!.getReader()
      await reader.read()
      await vi.advanceTimersByTimeAsync(15_000)
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(': heartbeat\n\n')
      server.reset()
      expect((await reader.read()).done).toBe(true)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  test('over real HTTP a listener that goes away is forgotten', async () => {
    const server = createLocalServer()
    const { url, close } = await server.listen()
    const controller = new AbortController()
    const answer = await fetch(`${url}/api/stream`, { headers: { 'x-api-key': 'local' }, signal: controller.signal })
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    await answer.body!.getReader().read()
    controller.abort()
    await Promise.all(Array.from({ length: 64 }, () => fetch(`${url}/api/health`).then((response) => response.json())))
    await close()
  })
})

test('the server can be reset, and refuses a policy or version that is none', async () => {
  const { claw, server } = setup({}, { policies: [HELD] })
  await claw.createAction({ action_type: 'build', declared_goal: 'b' })
  server.failNext('network', 5)
  server.reset()
  expect(server.requests).toEqual([])
  expect((await claw.getActions()).total).toBe(0)
  expect((await claw.listPolicies()).policies).toHaveLength(1)
  expect(() => createLocalServer({ version: '3' as never })).toThrow(/version must be/)
  expect(() => createLocalServer({ policies: [{ name: 'x', policy_type: 'risk_threshold', rules: {} }] })).toThrow(
    /rules.threshold/,
  )
  expect(() => server.approve('act_unknown')).toThrow(/unknown/)
})
