import { describe, expect, test, vi } from 'vitest'
import { createLocalServer, type LocalServer, type LocalServerOptions } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { seedAction, send } from '../../support/seeds.ts'

const server = (options: LocalServerOptions = {}) =>
  createLocalServer({ version: '2.0', keys: REPLAY_KEYS, ...options })
const policy = (policy_type: string, rules: object, name = 'P') => ({ name, policy_type, rules })
const MINUTE = 60_000

interface Decision {
  decision: string
  reasons: string[]
  warnings: string[]
  matched_policies: string[]
  risk_score: number | null
  [field: string]: unknown
}
const guard = (local: LocalServer, fields: object = {}, query = '') =>
  send<Decision>(local, 'POST', `/api/guard${query}`, { action_type: 'deploy', ...fields })

describe('the recorded exchanges of guard', () => {
  const local = server({ webhookFetch: () => Promise.reject(new TypeError('fetch failed')) })
  /** The only active policies from here on. */
  const only =
    (...policies: [policy_type: string, rules: object, active?: 0 | 1][]) =>
    async () => {
      const known = (local.snapshot()['policies'] ?? []) as { id: string }[]
      for (const { id } of known) await send(local, 'PATCH', '/api/policies', { id, active: 0 })
      for (const [at, [policy_type, rules, active = 1]] of policies.entries()) {
        const name = `core ${policy_type} ${known.length + at}`
        await send(local, 'POST', '/api/policies', { name, policy_type, rules: JSON.stringify(rules), active })
      }
    }
  const deploys = { action_types: ['deploy'] }
  const hook = { url: 'https://hooks.example.com/guard', timeout_ms: 1000 }
  replay({
    domain: 'guard',
    server: local,
    optional: ['.action.updated_at'],
    before: {
      'guard: require_approval: status 403': only(['require_approval', deploys]),
      'guard: warn, require_approval and block together: block wins': only(
        ['risk_threshold', { threshold: 60, action: 'warn' }],
        ['require_approval', deploys],
        ['block_action_type', deploys],
      ),
      'guard: includeSignals': only(),
      'guard: a matching policy whose action is allow, threshold 0, no risk_score': only([
        'risk_threshold',
        { threshold: 0, action: 'allow' },
      ]),
      'guard: risk_threshold without rules.action: block': only(['risk_threshold', { threshold: 80 }]),
      'guard: rate_limit reached, default action warn': only(['rate_limit', { max_actions: 1, window_minutes: 60 }]),
      'guard: rate_limit reached, action block': only([
        'rate_limit',
        { max_actions: 1, window_minutes: 60, action: 'block' },
      ]),
      'guard: semantic_check while the server has no model provider: no effect': only([
        'semantic_check',
        { instruction: 'no' },
      ]),
      'guard: semantic_check with fallback block while the server has no model provider': only([
        'semantic_check',
        { instruction: 'no', fallback: 'block' },
      ]),
      'guard: webhook_check whose endpoint fails, on_timeout left out: no effect': only(['webhook_check', hook]),
      'guard: webhook_check whose endpoint fails, on_timeout block': only([
        'webhook_check',
        { ...hook, on_timeout: 'block' },
      ]),
      'guard: inactive policies are skipped': only(['block_action_type', deploys, 0]),
      'deletePolicy (REST only): happy path': () => {
        local.seed('policies', [
          { id: 'gp_424b87f784364a2da6900374', name: 'gone', policy_type: 'block_action_type', rules: '{}', active: 0 },
        ])
      },
      'guard: includeSignals adds one warning per live signal of the agent': () => {
        for (let at = 0; at < 6; at++) {
          seedAction(local, { action_id: `act_f${at}`, agent_id: 'core-fail', status: 'failed' })
        }
      },
    },
  })
})

describe('a policy', () => {
  test.each([
    [
      'risk at the threshold',
      policy('risk_threshold', { threshold: 70 }),
      { risk_score: 70 },
      'block',
      'P: Risk score 70 >= threshold 70',
    ],
    ['risk below', policy('risk_threshold', { threshold: 70 }), { risk_score: 69 }, 'allow', undefined],
    [
      'no risk against 0',
      policy('risk_threshold', { threshold: 0, action: 'require_approval' }),
      {},
      'require_approval',
      'P: Risk score 0 >= threshold 0',
    ],
    [
      'a type that needs approval',
      policy('require_approval', { action_types: ['deploy'], action: 'allow' }),
      {},
      'require_approval',
      'P: Action type "deploy" requires approval',
    ],
    ['part of a type', policy('require_approval', { action_types: ['deploy-all', 'dep'] }), {}, 'allow', undefined],
    [
      'a blocked type',
      policy('block_action_type', { action_types: ['x', 'deploy'], action: 'warn' }),
      {},
      'block',
      'P: Action type "deploy" is blocked by policy',
    ],
    ['no model to ask', policy('semantic_check', { instruction: 'i' }), {}, 'allow', undefined],
    [
      'no model, closed',
      policy('semantic_check', { instruction: 'i', fallback: 'block', action: 'warn' }),
      {},
      'block',
      'P: Semantic check failed (fallback: block)',
    ],
    [
      'behaviour without a provider',
      policy('behavioral_anomaly', { similarity_threshold: 1, action: 'block' }),
      { agent_id: 'a' },
      'allow',
      undefined,
    ],
  ])('on %s', async (_title, entry, fields, decision, reason) => {
    const local = server({ policies: [entry] })
    const { status, body } = await guard(local, fields)
    const matched = reason ? [((local.snapshot()['policies'] ?? [])[0] as { id: string }).id] : []
    expect(body).toMatchObject({ decision, reasons: reason ? [reason] : [], warnings: [], matched_policies: matched })
    expect(status).toBe(decision === 'allow' ? 200 : 403)
  })

  test('of any kind is evaluated, and the most severe action wins', async () => {
    const local = server({
      policies: [
        policy('risk_threshold', { threshold: 10, action: 'allow' }, 'A'),
        policy('block_action_type', { action_types: ['deploy'] }, 'B'),
        policy('risk_threshold', { threshold: 20, action: 'warn' }, 'C'),
        policy('require_approval', { action_types: ['deploy'] }, 'D'),
        { ...policy('block_action_type', { action_types: ['deploy'] }, 'E'), active: 0 },
      ],
    })
    local.seed('policies', [{ id: 'gp_x', name: 'F', policy_type: 'risk_threshold', rules: 'no JSON', active: 1 }])
    local.seed('policies', [{ id: 'gp_y', name: 'G', policy_type: 'risk_threshold', rules: 'null', active: 1 }])
    const { body } = await guard(local, { risk_score: 30 })
    expect(body.decision).toBe('block')
    expect(body.matched_policies).toHaveLength(4)
    expect(body.reasons).toEqual([
      'B: Action type "deploy" is blocked by policy',
      'D: Action type "deploy" requires approval',
    ])
    expect(body.warnings).toEqual(['C: Risk score 30 >= threshold 20'])
  })
})

describe('a rate limit', () => {
  const limit = (rules: object) => policy('rate_limit', { max_actions: 2, window_minutes: 10, ...rules })
  const started = (local: LocalServer, minutes: number, fields: object = {}) =>
    seedAction(local, {
      action_id: `act_${minutes}_${JSON.stringify(fields)}`,
      agent_id: 'a',
      timestamp_start: new Date(local.clock.now() - minutes * MINUTE).toISOString(),
      ...fields,
    })

  test('counts the agent’s actions of any status within the window and in the future', async () => {
    const local = server({ policies: [limit({})] })
    started(local, 11)
    started(local, 1, { agent_id: 'b' })
    started(local, 9, { status: 'failed' })
    expect((await guard(local, { agent_id: 'a' })).body.decision).toBe('allow')
    started(local, -60)
    expect((await guard(local, { agent_id: 'a' })).body).toMatchObject({
      decision: 'warn',
      warnings: ['P: Agent performed 2 actions in 10min (limit: 2)'],
    })
    expect((await guard(local)).body.decision).toBe('allow')
  })

  test.each([
    [0.5, 1],
    [2.9, 2],
    [99_999, 10_080],
  ])('of %d minutes looks back %d', async (window_minutes, minutes) => {
    const local = server({ policies: [limit({ window_minutes, max_actions: 1, action: 'block' })] })
    started(local, minutes + 0.2)
    expect((await guard(local, { agent_id: 'a' })).body.decision).toBe('allow')
    started(local, minutes - 0.2)
    expect((await guard(local, { agent_id: 'a' })).body.reasons).toEqual([
      `P: Agent performed 1 actions in ${minutes}min (limit: 1)`,
    ])
  })

  test('counts no attempts that were blocked', async () => {
    const local = server({ version: '2.10', policies: [limit({ max_actions: 1, action: 'block' })] })
    const input = { agent_id: 'a', action_type: 'build', declared_goal: 'g' }
    const statuses: number[] = []
    for (const _ of [1, 2, 3]) statuses.push((await send(local, 'POST', '/api/actions', input)).status)
    local.clock.advance(11 * MINUTE)
    statuses.push((await send(local, 'POST', '/api/actions', input)).status)
    expect(statuses).toEqual([201, 403, 403, 201])
  })

  test('fails on 2.0 for an agent with a start that is no date', async () => {
    for (const [version, status] of [
      ['2.0', 500],
      ['2.10', 200],
    ] as const) {
      const local = server({ version, policies: [limit({})] })
      started(local, 1, { timestamp_start: 'soon' })
      expect((await guard(local, { agent_id: 'a' })).status).toBe(status)
      expect((await guard(local, { agent_id: 'b' })).status).toBe(200)
      const input = { agent_id: 'a', action_type: 'build', declared_goal: 'g' }
      expect(await send(local, 'POST', '/api/actions', input)).toMatchObject(
        status === 500
          ? { status, body: { error: 'An error occurred while creating the action' } }
          : { status: 201, body: {} },
      )
    }
  })
})

describe('the endpoint of a policy', () => {
  const url = 'https://hooks.example.com/guard'
  const hook = (rules: object = {}, name = 'H') => policy('webhook_check', { url, ...rules }, name)
  const answering = (...bodies: unknown[]) => {
    const seen: { url: string; init: RequestInit }[] = []
    const webhookFetch = async (to: unknown, init?: RequestInit) => {
      seen.push({ url: String(to), init: init! })
      return Response.json(bodies[seen.length - 1] ?? bodies[0])
    }
    return { seen, webhookFetch: webhookFetch as typeof fetch }
  }

  test.each([
    [
      'more severe',
      { decision: 'block', reasons: ['no', 'never'], warnings: ['w'] },
      'block',
      ['H: H (webhook): no; never'],
      ['H (webhook): w'],
      1,
    ],
    [
      'an approval without reasons',
      { decision: 'require_approval', reasons: 'no' },
      'require_approval',
      ['H: H (webhook): Webhook escalated to require_approval'],
      [],
      1,
    ],
    ['a warning', { decision: 'warn', reasons: ['odd'] }, 'warn', [], ['H: H (webhook): odd'], 1],
    ['less severe', { decision: 'allow', reasons: ['fine'] }, 'allow', [], [], 0],
    ['only warnings', { warnings: ['a', 5, 'b'] }, 'warn', [], ['H: H (webhook): a', 'H (webhook): b'], 1],
    ['an unknown word', { decision: 'explode' }, 'allow', [], [], 0],
    ['a name that objects have', { decision: 'constructor' }, 'allow', [], [], 0],
    ['a number', 7, 'allow', [], [], 0],
    ['a list', [], 'allow', [], [], 0],
  ])('may say %s', async (_title, said, decision, reasons, warnings, matched) => {
    const { webhookFetch } = answering(said)
    const { body } = await guard(server({ webhookFetch, policies: [hook()] }))
    expect(body).toMatchObject({ decision, reasons, warnings })
    expect(body.matched_policies).toHaveLength(matched)
  })

  test('gets the action, what the other policies say, and a signature', async () => {
    const { seen, webhookFetch } = answering({ decision: 'require_approval' }, { decision: 'warn' })
    const local = server({
      webhookFetch,
      secret: 's3cret',
      policies: [hook({}, 'H1'), policy('risk_threshold', { threshold: 1, action: 'warn' }, 'R'), hook({}, 'H2')],
    })
    const { body } = await guard(local, { risk_score: 5, agent_id: 'a', declared_goal: 'g', reversible: false })
    expect(body).toMatchObject({ decision: 'require_approval', matched_policies: { length: 2 } })
    const [first, second] = seen
    const sent = JSON.parse(first!.init.body as string) as object
    expect(sent).toEqual({
      event: 'guard.evaluation',
      org_id: 'org_local',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      context: {
        action_type: 'deploy',
        risk_score: 5,
        agent_id: 'a',
        systems_touched: [],
        reversible: false,
        declared_goal: 'g',
      },
      preliminary_decision: 'warn',
      matched_policies: [expect.stringMatching(/^gp_/)],
      reasons: [],
      warnings: ['R: Risk score 5 >= threshold 1'],
    })
    expect(JSON.parse(second!.init.body as string)).toMatchObject({ preliminary_decision: 'warn', reasons: [] })
    expect([first!.url, first!.init.method, first!.init.redirect]).toEqual([url, 'POST', 'manual'])
    const headers = new Headers(first!.init.headers)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('x-dashclaw-event')).toBe('guard.evaluation')
    expect(headers.get('x-dashclaw-delivery')).toMatch(/^wd_[0-9a-f-]{36}$/)
    expect(headers.get('user-agent')).toBe('DashClaw-Guard/1.0')
    const time = headers.get('x-dashclaw-timestamp')
    const key = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode('s3cret'),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(`${time}.${first!.init.body}`))
    expect(headers.get('x-dashclaw-signature')).toBe(`v1=${Buffer.from(mac).toString('hex')}`)
  })

  test('gets no signature without a secret', async () => {
    const { seen, webhookFetch } = answering({})
    await guard(server({ webhookFetch, policies: [hook()] }))
    expect([...new Headers(seen[0]!.init.headers).keys()]).not.toContain('x-dashclaw-signature')
  })

  test.each([
    ['no connection', () => Promise.reject(new TypeError('fetch failed'))],
    ['a refusal', async () => Response.json({ decision: 'block' }, { status: 500 })],
    ['a redirect', async () => new Response(null, { status: 302, headers: { location: 'https://other.example.com' } })],
    ['no JSON', async () => new Response('ok')],
    [
      'JSON that is cut at 2,000 characters',
      async () => Response.json({ decision: 'warn', reasons: ['x'.repeat(2000)] }),
    ],
    ['null', async () => Response.json(null)],
    ['false', async () => Response.json(false)],
    ['0', async () => Response.json(0)],
    ['an empty text', async () => Response.json('')],
  ])('that gives %s means what on_timeout says', async (_title, webhookFetch) => {
    const outcome = async (rules: object) =>
      (await guard(server({ webhookFetch: webhookFetch as typeof fetch, policies: [hook(rules)] }))).body
    expect(await outcome({})).toMatchObject({ decision: 'allow', matched_policies: [] })
    expect(await outcome({ on_timeout: 'allow' })).toMatchObject({ decision: 'allow', matched_policies: [] })
    expect(await outcome({ on_timeout: 'block' })).toMatchObject({
      decision: 'block',
      reasons: ['H: Webhook check failed or timed out (on_timeout: block)'],
    })
  })

  test('has as long as the policy says, also when nothing stops its request', async () => {
    vi.useFakeTimers()
    try {
      for (const [rules, ms] of [
        [{ timeout_ms: 1500 }, 1500],
        [{}, 5000],
      ] as const) {
        let signal: AbortSignal | null | undefined
        const webhookFetch = (_url: unknown, init?: RequestInit) => {
          signal = init?.signal
          return new Promise<Response>(() => {})
        }
        const local = server({
          webhookFetch: webhookFetch as typeof fetch,
          policies: [hook({ ...rules, on_timeout: 'block' })],
        })
        const answer = guard(local)
        await vi.advanceTimersByTimeAsync(ms - 1)
        expect(signal?.aborted).toBe(false)
        await vi.advanceTimersByTimeAsync(1)
        expect((await answer).body.decision).toBe('block')
        expect(signal?.aborted).toBe(true)
        expect(vi.getTimerCount()).toBe(0)
      }
    } finally {
      vi.useRealTimers()
    }
  })

  test('is never asked where its address is not on the public net', async () => {
    const { seen, webhookFetch } = answering({})
    const local = server({ webhookFetch })
    const rules = JSON.stringify({ url: 'https://127.0.0.1/hook', on_timeout: 'block' })
    local.seed('policies', [{ id: 'gp_1', name: 'H', policy_type: 'webhook_check', rules, active: 1 }])
    expect((await guard(local)).body.decision).toBe('block')
    expect(seen).toEqual([])
  })
})

describe('the log of decisions', () => {
  test('keeps one a call, newest first, with counts of the last day', async () => {
    const local = server({
      policies: [
        policy('risk_threshold', { threshold: 50, action: 'warn' }),
        policy('block_action_type', { action_types: ['x'] }, 'B'),
      ],
    })
    await guard(local, { agent_id: 'a', risk_score: 60 })
    local.clock.advance(25 * 60 * MINUTE)
    await guard(local, { agent_id: 'a', action_type: 'x', risk_score: 60 })
    await guard(local, { agent_id: 'b' })
    await send(local, 'POST', '/api/actions', { agent_id: 'a', action_type: 'build', declared_goal: 'g' })
    const log = async (query = '') => (await send(local, 'GET', `/api/guard${query}`)).body
    expect(await log()).toMatchObject({
      decisions: [
        { decision: 'allow', agent_id: 'a', action_type: 'build', risk_score: null, reason: null },
        { decision: 'allow', agent_id: 'b' },
        { decision: 'block', reason: 'B: Action type "x" is blocked by policy', risk_score: 60 },
        { decision: 'warn', reason: null },
      ],
      total: 4,
      stats: { total_24h: '3', blocks_24h: '1', warns_24h: '0', approvals_24h: '0' },
      limit: 20,
      offset: 0,
    })
    expect(await log('?agent_id=a&decision=warn')).toMatchObject({
      decisions: [{}],
      total: 1,
      stats: { total_24h: '3' },
    })
    expect(await log('?limit=1&offset=2')).toMatchObject({
      decisions: [{ decision: 'block' }],
      total: 4,
      limit: 1,
      offset: 2,
    })
    expect(await log('?limit=0')).toMatchObject({ decisions: [], limit: 0 })
    expect((await send(local, 'GET', '/api/guard?offset=x')).status).toBe(500)
  })
})

describe('signals in a guard’s answer', () => {
  test('are warnings that never change the decision, of the agent alone', async () => {
    const local = server()
    for (let at = 0; at < 8; at++) {
      seedAction(local, { action_id: `f${at}`, agent_id: at < 4 ? 'a' : 'b', status: 'failed' })
    }
    const warnings = async (fields: object, query = '?include_signals=true') =>
      (await guard(local, fields, query)).body.warnings
    const of = (agent: string) =>
      `Active signal: repeated_failures — Decision reliability degraded: ${agent} (4 failures in 24h)`
    expect(await warnings({ agent_id: 'a' })).toEqual([of('a')])
    expect(await warnings({})).toEqual([of('a'), of('b')])
    expect(await warnings({ agent_id: 'a' }, '?include_signals=1')).toEqual([])
    expect((await guard(local, { agent_id: 'a' }, '?include_signals=true')).body.decision).toBe('allow')
    seedAction(local, { action_id: 'bad', timestamp_start: 'soon' })
    expect(await warnings({ agent_id: 'a' })).toEqual([])
  })
})
