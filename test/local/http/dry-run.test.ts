import { afterEach, describe, expect, test } from 'vitest'
import { DashClaw } from '../../../src/client.ts'
import { createLocalServer, type LocalServer, type LocalServerOptions } from '../../../src/local/index.ts'
import { send } from '../../support/seeds.ts'

const PEM = '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----'
const RULES = '{"action_types":["x"]}'
const action = { agent_id: 'a', action_type: 'deploy', declared_goal: 'g' }

/** A row to change, and the path that leads to it. */
type Made = [method: string, path: string, body: object, within: string]

interface Case {
  route: string
  body: object
  /** Fields that are stored as they are: strings (NUL), whole numbers (beyond 32 bits). */
  strings?: string[]
  integers?: string[]
  fault: string
  /** Where the database's own words are the answer. */
  raw?: boolean
  made?: Made
  versions?: ('2.0' | '2.10')[]
}

const words = (text: string) => text.split(' ')
const INTERNAL = 'Internal server error'
const PREFERENCES = 'An error occurred while saving preference data'
const profile: Made = ['POST', '/api/scoring/profiles', { name: 'p' }, 'id']

const CASES: Case[] = [
  {
    route: 'POST /api/actions',
    body: action,
    strings: words(
      'agent_id agent_name swarm_id parent_action_id declared_goal reasoning authorization_scope trigger input_summary recommendation_id recommendation_override_reason output_summary error_message timestamp_start timestamp_end action_id _signature',
    ),
    integers: ['duration_ms'],
    fault: 'An error occurred while creating the action',
  },
  {
    route: 'PATCH /api/actions/:id',
    body: { status: 'running' },
    made: ['POST', '/api/actions', action, 'action_id'],
    strings: words('output_summary error_message timestamp_end'),
    integers: ['duration_ms'],
    fault: 'An error occurred while updating the action',
  },
  {
    route: 'POST /api/actions/loops',
    body: { loop_type: 'other', description: 'd' },
    made: ['POST', '/api/actions', action, 'action_id'],
    strings: words('loop_id description owner'),
    fault: 'An error occurred while creating the open loop',
  },
  {
    route: 'POST /api/actions/assumptions',
    body: { assumption: 'x' },
    made: ['POST', '/api/actions', action, 'action_id'],
    strings: words('assumption_id assumption basis invalidated_reason'),
    fault: 'An error occurred while creating the assumption',
  },
  {
    route: 'POST /api/policies',
    body: { name: 'n', policy_type: 'require_approval', rules: RULES },
    strings: ['name', 'created_by'],
    fault: INTERNAL,
  },
  {
    route: 'PATCH /api/policies',
    body: {},
    made: ['POST', '/api/policies', { name: 'n', policy_type: 'require_approval', rules: RULES }, 'policy_id'],
    strings: ['name'],
    fault: INTERNAL,
  },
  {
    route: 'POST /api/identities',
    body: { agent_id: 'a', public_key: 'k' },
    strings: words('agent_id public_key algorithm'),
    fault: 'Failed to register identity',
  },
  {
    route: 'POST /api/pairings',
    body: { agent_id: 'a', public_key: PEM },
    strings: words('agent_id agent_name public_key algorithm'),
    fault: 'Failed to create pairing',
  },
  {
    route: 'POST /api/webhooks',
    body: { url: 'https://example.com/' },
    strings: ['url'],
    fault: 'Failed to create webhook',
  },
  {
    route: 'POST /api/orgs',
    body: { name: 'n', slug: 's' },
    strings: ['name'],
    fault: 'An error occurred while creating the organization',
  },
  {
    route: 'PATCH /api/orgs/org_local',
    body: {},
    strings: ['name'],
    fault: 'An error occurred while updating the organization',
  },
  {
    route: 'POST /api/orgs/org_local/keys',
    body: {},
    strings: ['label'],
    fault: 'An error occurred while generating the API key',
  },
  {
    route: 'POST /api/learning',
    body: { decision: 'd' },
    strings: words('decision agent_id context reasoning outcome'),
    integers: ['confidence'],
    fault: 'An error occurred while recording the decision',
  },
  {
    route: 'POST /api/learning/recommendations/events',
    body: { event_type: 'applied' },
    strings: words('recommendation_id agent_id action_id event_key created_at'),
    fault: 'An error occurred while recording recommendation events',
  },
  {
    route: 'POST /api/learning/recommendations',
    body: {},
    strings: words('agent_id action_id action_type'),
    fault: 'An error occurred while rebuilding learning recommendations',
  },
  {
    route: 'POST /api/learning/analytics/velocity',
    body: {},
    strings: ['agent_id', 'period'],
    integers: ['lookback_days'],
    fault: 'Failed to compute velocity',
  },
  {
    route: 'POST /api/learning/analytics/curves',
    body: {},
    strings: ['agent_id'],
    integers: ['lookback_days'],
    fault: 'Failed to compute curves',
  },
  {
    route: 'POST /api/drift/alerts',
    body: { action: 'compute_baselines' },
    strings: ['agent_id'],
    integers: ['lookback_days'],
    fault: 'Drift operation failed',
  },
  {
    route: 'POST /api/agents/heartbeat',
    body: { agent_id: 'a' },
    strings: words('agent_id agent_name status current_task_id'),
    fault: INTERNAL,
  },
  {
    route: 'POST /api/evaluations',
    body: { action_id: 'a', scorer_name: 's', score: 1 },
    strings: words('action_id scorer_name label reasoning evaluated_by'),
    fault: 'Failed to create evaluation score',
  },
  {
    route: 'POST /api/evaluations/scorers',
    body: { name: 'n', scorer_type: 'regex' },
    strings: ['name', 'description'],
    fault: 'Failed to create scorer',
  },
  {
    route: 'PATCH /api/evaluations/scorers/:id',
    body: {},
    made: ['POST', '/api/evaluations/scorers', { name: 'n', scorer_type: 'regex' }, 'id'],
    strings: ['name', 'description'],
    fault: 'Failed to update scorer',
  },
  {
    route: 'POST /api/prompts/templates',
    body: { name: 'n' },
    strings: words('name description category'),
    fault: 'Failed to create template',
  },
  {
    route: 'POST /api/prompts/templates/:id/versions',
    body: { content: 'c' },
    made: ['POST', '/api/prompts/templates', { name: 'n' }, 'id'],
    strings: words('content model_hint changelog'),
    fault: 'Failed to create version',
  },
  {
    route: 'POST /api/feedback',
    body: { rating: 5 },
    strings: words('comment action_id agent_id category source'),
    fault: 'Failed to create feedback',
  },
  {
    route: 'POST /api/compliance/exports',
    body: { frameworks: ['soc2'] },
    strings: ['name', 'format'],
    integers: ['window_days'],
    fault: 'Failed to create export',
  },
  {
    route: 'POST /api/compliance/schedules',
    body: { frameworks: ['soc2'], cron_expression: 'x' },
    strings: words('name format cron_expression'),
    integers: ['window_days'],
    fault: 'Failed to create schedule',
  },
  { route: 'POST /api/routing/agents', body: { name: 'n' }, strings: ['name', 'id'], fault: INTERNAL },
  {
    route: 'POST /api/routing/tasks',
    body: { title: 't' },
    strings: words('title description urgency callbackUrl'),
    integers: words('timeoutSeconds maxRetries'),
    fault: INTERNAL,
  },
  {
    route: 'POST /api/tokens',
    body: { tokens_in: 1 },
    strings: words('agent_id model session_key'),
    integers: words('tokens_in tokens_out context_used context_max compactions'),
    fault: 'An error occurred while recording token usage',
  },
  {
    route: 'POST /api/messages',
    body: { from_agent_id: 'a', body: 'b' },
    strings: words('from_agent_id to_agent_id subject body doc_ref'),
    fault: 'An error occurred while sending message',
  },
  {
    route: 'POST /api/context/points',
    body: { content: 'c' },
    strings: words('content agent_id session_date'),
    fault: 'An error occurred while creating context point',
  },
  {
    route: 'POST /api/handoffs',
    body: { agent_id: 'a', summary: 's' },
    strings: words('agent_id summary session_date mood_notes'),
    fault: 'An error occurred while creating handoff',
  },
  {
    route: 'POST /api/goals',
    body: { title: 't' },
    strings: words('title category description target_date status agent_id'),
    integers: ['progress'],
    fault: 'An error occurred while creating the goal',
  },
  {
    route: 'POST /api/calendar',
    body: { summary: 's', start_time: '2026-01-01T00:00:00Z' },
    strings: words('summary start_time end_time location description'),
    fault: 'An error occurred while creating the event',
  },
  {
    route: 'POST /api/inspiration',
    body: { title: 't' },
    strings: words('title description category status source'),
    integers: words('score fun_factor learning_potential income_potential'),
    fault: 'An error occurred while creating the idea',
  },
  {
    route: 'POST /api/preferences',
    body: { type: 'observation', observation: 'o' },
    strings: words('observation category agent_id'),
    integers: ['importance'],
    fault: PREFERENCES,
  },
  {
    route: 'POST /api/agent-schedules',
    body: { agent_id: 'a', name: 'n', cron_expression: '* * * * *' },
    strings: words('agent_id name cron_expression description'),
    fault: 'An error occurred while creating the schedule',
  },
  {
    route: 'POST /api/snippets',
    body: { name: 'n', code: 'c' },
    strings: words('name code description language agent_id'),
    fault: 'An error occurred while saving snippet',
  },
  {
    route: 'POST /api/scoring/profiles',
    body: { name: 'n' },
    strings: words('name description action_type'),
    fault: '',
    raw: true,
  },
  {
    route: 'POST /api/scoring/profiles/:id/dimensions',
    made: profile,
    body: { name: 'n', data_source: 'risk_score' },
    strings: ['name', 'description'],
    integers: ['sort_order'],
    fault: '',
    raw: true,
  },
  {
    route: 'PATCH /api/scoring/profiles/:id',
    made: profile,
    body: {},
    strings: words('name description action_type'),
    fault: '',
    raw: true,
  },
  {
    route: 'POST /api/scoring/risk-templates',
    body: { name: 'n' },
    strings: words('name description action_type'),
    fault: '',
    raw: true,
  },
  {
    route: 'POST /api/workflows/templates',
    body: { name: 'n' },
    strings: ['name', 'description'],
    fault: INTERNAL,
    versions: ['2.10'],
  },
  {
    route: 'POST /api/capabilities',
    body: { name: 'n', source_type: 'http_api' },
    strings: ['name', 'description'],
    fault: INTERNAL,
    versions: ['2.10'],
  },
  {
    route: 'POST /api/sessions',
    body: { agent_id: 'a' },
    strings: words('agent_id workspace branch'),
    fault: INTERNAL,
    versions: ['2.10'],
  },
]

const servers: LocalServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** The tables that a request may fill; the guard's log is written beside. */
const stored = (server: LocalServer) =>
  ['org_local', 'org_default'].flatMap((org) =>
    Object.entries(server.snapshot(org)).filter(([name, rows]) => rows.length && name !== 'guard_decisions'),
  )

describe.each(['2.0', '2.10'] as const)(
  'what the database of %s refuses is the route’s own 500, and nothing is stored',
  (version) => {
    test.each(CASES.filter(({ versions }) => !versions || versions.includes(version)))(
      '$route',
      async ({ route, body, strings = [], integers = [], fault, raw, made }) => {
        const server = createLocalServer({ version })
        servers.push(server)
        let [method, path] = route.split(' ') as [string, string]
        let whole = body
        if (made) {
          const [madeBy, at, fields, idName] = made
          const answer = await send<Record<string, string>>(server, madeBy, at, fields)
          expect(answer.status).toBeLessThan(300)
          const id = answer.body[idName]!
          if (path.includes(':id')) path = path.replace(':id', id)
          else whole = { ...body, [idName === 'policy_id' ? 'id' : idName]: id }
        }
        const before = stored(server)
        const tried: [string, unknown, string][] = [
          ...strings.map((name): [string, unknown, string] => [
            name,
            `${(body as Record<string, unknown>)[name] ?? 'x'}\0`,
            'invalid byte sequence for encoding "UTF8": 0x00',
          ]),
          ...integers.map((name): [string, unknown, string] => [
            name,
            2 ** 31,
            'value "2147483648" is out of range for type integer',
          ]),
        ]
        for (const [name, value, text] of tried) {
          const { status, body: got } = await send(server, method, path, { ...whole, [name]: value })
          expect([name, status, got]).toEqual([name, 500, { error: raw ? text : fault }])
        }
        // The update of an action writes field by field, also on the platform.
        if (!route.startsWith('PATCH /api/actions')) expect(stored(server)).toEqual(before)
        const largest = Object.fromEntries(integers.map((name) => [name, 2 ** 31 - 1]))
        if (integers.length && !/drift|analytics/.test(route))
          expect((await send(server, method, path, { ...whole, ...largest })).status).toBeLessThan(300)
      },
    )
  },
)

describe('what the database takes', () => {
  test.each(['2.0', '2.10'] as const)(
    'is answered as before: NUL within JSON, in what is not kept, and in the log of the guard (%s)',
    async (version) => {
      const server = createLocalServer({ version })
      const statuses = await Promise.all([
        send(server, 'POST', '/api/handoffs', { agent_id: 'a', summary: 's', open_tasks: ['a\0'] }),
        send(server, 'POST', '/api/feedback', { rating: 5, tags: ['a\0'] }),
        send(server, 'POST', '/api/agents/heartbeat', { agent_id: 'a', metadata: { a: '\0', b: 2 ** 40 } }),
        send(server, 'POST', '/api/security/scan', { text: 'fine\0', agent_id: 'a' }),
        send(server, 'POST', '/api/guard', { action_type: 'x\0', agent_id: 'a' }),
        send(server, 'POST', '/api/goals', { title: 't', unknown: 'a\0' }),
      ])
      expect(statuses.map(({ status }) => status)).toEqual([201, 201, 200, 200, 200, 201])
    },
  )

  test('costs are no whole numbers of the database', async () => {
    const server = createLocalServer()
    await send(server, 'POST', '/api/actions', { ...action, action_id: 'act_1' })
    expect((await send(server, 'PATCH', '/api/actions/act_1', { cost_estimate: 3e9 })).status).toBe(200)
  })

  test('a whole number as a string counts as one', async () => {
    const { status } = await send(createLocalServer(), 'POST', '/api/tokens', { tokens_in: '3000000000' })
    expect(status).toBe(500)
  })
})

test('an id with NUL can’t be looked for', async () => {
  const server = createLocalServer()
  const { status, body } = await send(server, 'GET', '/api/actions/act%001')
  expect([status, body]).toEqual([500, { error: INTERNAL }])
  expect((await send(server, 'PATCH', '/api/actions/act%001', { status: 'failed' })).body).toEqual({
    error: 'An error occurred while updating the action',
  })
})

test('a try tells nobody and calls nobody', async () => {
  const calls: unknown[] = []
  const server = createLocalServer({
    webhookFetch: async (...call: unknown[]) => {
      calls.push(call)
      return new Response('{}')
    },
  })
  const { body: events } = await server.fetch(`${server.baseUrl}/api/stream`, { headers: { 'x-api-key': 'local' } })
  const reader = events!.getReader()
  await reader.read()
  const decision = { decision: 'd\0' }
  expect((await send(server, 'POST', '/api/learning', decision)).status).toBe(500)
  await send(server, 'POST', '/api/learning', { decision: 'kept' })
  const frame = new TextDecoder().decode((await reader.read()).value)
  expect(frame).toContain('"decision":"kept"')
  expect(calls).toEqual([])
  await reader.cancel()
})

function setup(options: LocalServerOptions = {}) {
  const server = createLocalServer(options)
  const { baseUrl, fetch } = server
  return {
    server,
    claw: new DashClaw({ baseUrl, apiKey: 'local', agentId: 'agent-1', fetch, logger: false, maxRetries: 0 }),
  }
}

const failed = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: Error & { status?: number }) => `${error.name} ${error.status}`,
  )

describe.each(['2.0', '2.10'] as const)('through a client of %s', (version) => {
  test.each<[string, (claw: DashClaw) => Promise<unknown>]>([
    ['a task', (claw) => claw.submitRoutingTask({ title: 'a\0b' })],
    ['an agent of the pool', (claw) => claw.registerRoutingAgent({ name: 'a\0b' })],
    ['a message', (claw) => claw.sendMessage({ body: 'a\0b' })],
    ['a handoff', (claw) => claw.createHandoff({ summary: 'a\0b' })],
    ['a snippet', (claw) => claw.saveSnippet({ name: 'a\0b', code: 'x' })],
    ['a prompt', (claw) => claw.createPromptTemplate({ name: 'a\0b' })],
    ['a preference', (claw) => claw.setPreference({ preference: 'a\0b' })],
    ['a scorer', (claw) => claw.createScorer({ name: 'a\0b', scorer_type: 'contains', config: { keywords: ['x'] } })],
    ['a profile', (claw) => claw.createScoringProfile({ name: 'a\0b' })],
    ['a point', (claw) => claw.captureKeyPoint({ content: 'a\0b' })],
    [
      'an open loop',
      (claw) => claw.registerOpenLoop({ action_id: 'act_1', loop_type: 'followup', description: 'a\0b' }),
    ],
  ])('a NUL in %s is a ServerError', async (_what, send) => {
    const { claw } = setup({ version })
    await claw.createAction({ action_id: 'act_1', action_type: 'build', declared_goal: 'Build' })
    expect(await failed(send(claw))).toBe('ServerError 500')
  })

  test('an integer that the column can not hold is a ServerError', async () => {
    const { claw } = setup({ version })
    expect(await failed(claw.submitRoutingTask({ title: 'Sum', timeoutSeconds: 2 ** 31 }))).toBe('ServerError 500')
    expect(await failed(claw.submitRoutingTask({ title: 'Sum', maxRetries: 2 ** 31 }))).toBe('ServerError 500')
  })
})
