import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { type Recording, recordings } from '../../support/fixtures.ts'
import { differences, nullableFields, REPLAY_KEYS } from '../../support/replay.ts'
import { send } from '../../support/seeds.ts'

const MINUTE = 60_000
const server = (options: object = {}) => createLocalServer({ version: '2.0', keys: REPLAY_KEYS, ...options })

interface Frame {
  id?: string
  event?: string
  data?: unknown
}

/** A connection to the stream. */
async function listen(
  local: LocalServer,
  { query = '', headers = {}, key = 'local' }: { query?: string; headers?: Record<string, string>; key?: string } = {},
) {
  const controller = new AbortController()
  const answer = await local.fetch(`${local.baseUrl}/api/stream${query}`, {
    headers: { 'x-api-key': key, ...headers },
    signal: controller.signal,
  })
  const reader = answer.body!.getReader()
  let text = ''
  return {
    answer,
    reader,
    controller,
    /** Everything up to a text. */
    async until(end: string): Promise<string> {
      while (!text.includes(end)) {
        const { done, value } = await reader.read()
        if (done) break
        text += new TextDecoder().decode(value)
      }
      return text
    },
  }
}

function frames(text: string): Frame[] {
  return text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]),
      )
      return { ...fields, data: JSON.parse(fields['data']!) as unknown }
    })
}

/** What a listener that connects now is sent first. */
async function replayed(local: LocalServer, options: Parameters<typeof listen>[1] = {}): Promise<Frame[]> {
  const { until, reader } = await listen(local, options)
  const text = await until('event: connected\ndata: {"status":"ok"')
  await reader.cancel()
  return frames(text)
}

const DOMAINS = ['events', 'loops', 'dashboard', 'learning', 'messaging', 'routing', 'tokens']
const NULLABLE = new Set(DOMAINS.flatMap((domain) => [...nullableFields(domain)]))

type Streamed = Recording & {
  request: { headers?: Record<string, string> }
  response: { headers: Record<string, string> }
}
const recorded = Object.fromEntries(
  (recordings('events') as Streamed[]).map((recording) => [recording.name, recording]),
)

describe('the recorded exchanges of events', () => {
  /** The calls of the first recording, in its order. */
  async function play(local: LocalServer): Promise<void> {
    const made = await send<{ policy_id: string }>(local, 'POST', '/api/policies', {
      name: 'core sse policy',
      policy_type: 'require_approval',
      rules: '{"action_types":["deploy"]}',
    })
    const id = made.body.policy_id
    const agent = { agent_id: 'core-sse' }
    const created: string[] = []
    for (const decision of ['allow', 'deny']) {
      const input = { ...agent, agent_name: 'SSE', action_type: 'deploy', declared_goal: 'Ship' }
      const { action_id } = (await send<{ action_id: string }>(local, 'POST', '/api/actions', input)).body
      created.push(action_id)
      await send(local, 'POST', `/api/actions/${action_id}/approve`, { decision, reasoning: 'ok' })
    }
    await send(local, 'PATCH', '/api/policies', { id, active: 0 })
    await send(local, 'DELETE', `/api/policies?id=${id}`)
    const loop = { action_id: created[0], loop_type: 'followup', description: 'watch it' }
    const { loop_id } = (await send<{ loop_id: string }>(local, 'POST', '/api/actions/loops', loop)).body
    await send(local, 'PATCH', `/api/actions/loops/${loop_id}`, { status: 'resolved', resolution: 'done' })
    await send(local, 'POST', '/api/agents/heartbeat', { ...agent, status: 'busy', current_task_id: 't1' })
    await send(local, 'POST', '/api/goals', { ...agent, title: 'Reduce p99' })
    await send(local, 'POST', '/api/learning', { ...agent, decision: 'Chose retry', reasoning: 'latency' })
    await send(local, 'POST', '/api/messages', { from_agent_id: 'core-sse', to_agent_id: 'core-sse-2', body: 'hello' })
    await send(local, 'POST', '/api/tokens', { ...agent, tokens_in: 10, tokens_out: 5, model: 'gpt-4o' })
    await send(local, 'POST', '/api/routing/agents', { name: 'core-sse', capabilities: [] })
    const { task } = (await send<{ task: { id: string } }>(local, 'POST', '/api/routing/tasks', { title: 'core task' }))
      .body
    await send(local, 'POST', `/api/routing/tasks/${task.id}/complete`, { result: { ok: 1 } })
  }
  const live = Object.keys(recorded).find((name) => name.startsWith('22 seconds'))!

  function sameShapes(own: readonly Frame[], wanted: readonly Frame[]): void {
    expect(own.map(({ event }) => event)).toEqual(wanted.map(({ event }) => event))
    for (const [at, { event, data, id }] of own.entries()) {
      const found = differences(wanted[at]!.data, data, event!, NULLABLE)
      // A column that only some deployments have.
      expect(found.filter((text) => !/^action\.\w+\.updated_at /.test(text))).toEqual([])
      expect(id === undefined).toBe(event === 'connected')
    }
  }

  test(live, async () => {
    const local = server()
    const { until, answer, reader } = await listen(local)
    await play(local)
    const text = await until('event: task.completed\ndata: ')
    await reader.cancel()
    for (const [name, value] of Object.entries(recorded[live]!.response.headers))
      expect(answer.headers.get(name)).toBe(value)
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    sameShapes(frames(text), frames(recorded[live]!.response.body as string))
  })

  test.each(Object.keys(recorded).filter((name) => name.startsWith('replay by')))('%s', async (name) => {
    const local = server()
    await play(local)
    const { request, response } = recorded[name]!
    // The recorder's server had sent more events before.
    const own = String(
      (await replayed(local, { query: '?lastEventId=mem-0' })).find(({ event }) => event === 'message.created')!.id,
    )
    const mapped = (value: string) => value.replace('mem-183', own)
    const query = Object.entries(request.query).map(([field, value]) => `?${field}=${mapped(value)}`)
    const header = request.headers?.['last-event-id']
    const got = await replayed(local, {
      query: query.join(''),
      headers: header ? { 'last-event-id': mapped(header) } : {},
    })
    sameShapes(got, frames(response.body as string))
    expect(got.at(-1)!.data).toMatchObject({ replayed: 3, lastEventId: own })
  })

  test.each(['an id that the server does not know', 'an id higher than the last one', 'readonly key'])(
    '%s',
    async (name) => {
      const { request, response } = recorded[name]!
      const { 'x-api-key': _key, ...headers } = request.headers ?? {}
      const got = await replayed(server(), { headers, key: name === 'readonly key' ? 'key-readonly' : 'local' })
      const wanted = frames(response.body as string)
      const orgId = 'org_local'
      expect(got).toEqual(wanted.map((frame) => ({ ...frame, data: { ...(frame.data as object), orgId } })))
    },
  )

  test('mem-0 replays all that is kept', async () => {
    const local = server()
    await play(local)
    const got = await replayed(local, { headers: { 'last-event-id': 'mem-0' } })
    expect(got.map(({ id }) => id)).toEqual([
      ...Array.from({ length: got.length - 1 }, (_, at) => `mem-${at + 1}`),
      undefined,
    ])
    expect(got.at(-1)!.data).toMatchObject({ replayed: got.length - 1, lastEventId: 'mem-0' })
  })

  test('no key', async () => {
    const { response } = recorded['no key']!
    const { status, body } = await send(server(), 'GET', '/api/stream', undefined, { key: null })
    expect([status, body]).toEqual([response.status, response.body])
  })
})

describe('the stream', () => {
  const emit = (local: LocalServer, count: number) => {
    for (let at = 1; at <= count; at++) local.emit('loop.updated', { at })
  }

  test('counts ids per organization, and keeps organizations apart', async () => {
    const local = server({ keys: [{ key: 'other', org: 'org_other' }] })
    emit(local, 2)
    local.emit('loop.updated', { theirs: true }, 'org_other')
    const got = await replayed(local, { key: 'other', query: '?lastEventId=mem-0' })
    expect(got).toMatchObject([{ id: 'mem-1', data: { theirs: true } }, { data: { orgId: 'org_other', replayed: 1 } }])
    const { until, reader } = await listen(local, { key: 'other' })
    emit(local, 1)
    local.emit('goal.created', {}, 'org_other')
    expect(frames(await until('goal.created\ndata: {}'))).toMatchObject([{ event: 'connected' }, { id: 'mem-2' }])
    await reader.cancel()
  })

  test('replays the oldest 200 of what was missed, and then says so', async () => {
    const local = server()
    emit(local, 300)
    const got = await replayed(local, { query: '?lastEventId=mem-50' })
    expect(got.map(({ id }) => id)).toEqual([...Array.from({ length: 200 }, (_, at) => `mem-${at + 51}`), undefined])
    expect(got.at(-1)).toMatchObject({ event: 'connected', data: { replayed: 200, lastEventId: 'mem-50' } })
  })

  test('keeps the newest 1,000 of the last ten minutes', async () => {
    const local = server()
    emit(local, 1100)
    expect((await replayed(local, { query: '?lastEventId=mem-0' }))[0]).toMatchObject({ id: 'mem-101' })
    local.clock.advance(10 * MINUTE + 1)
    emit(local, 1)
    expect((await replayed(local, { query: '?lastEventId=mem-0' })).map(({ id }) => id)).toEqual([
      'mem-1101',
      undefined,
    ])
  })

  test('prefers the header to the query, and tells which it took', async () => {
    const local = server()
    emit(local, 3)
    const got = await replayed(local, { query: '?lastEventId=mem-0', headers: { 'last-event-id': 'mem-2' } })
    expect(got.at(-1)!.data).toMatchObject({ replayed: 1, lastEventId: 'mem-2' })
  })

  test.each(['mem-', 'mem-1x', 'mem--1', 'redis-0', '1700000000000-0', 'mem-9'])(
    'replays nothing after %s',
    async (id) => {
      const local = server()
      emit(local, 3)
      const got = await replayed(local, { query: `?lastEventId=${id}` })
      expect(got).toMatchObject([{ event: 'connected', data: { replayed: 0, lastEventId: id, replayError: null } }])
    },
  )

  test('has one line of data however the texts break, and null for no data', async () => {
    const local = server()
    const { until, reader } = await listen(local)
    local.emit('loop.updated', { text: 'a\nb\r\nc\u2028d é 😀' })
    local.emit('goal.updated', undefined)
    const got = frames(await until('data: null'))
    expect(got.slice(1)).toEqual([
      { id: 'mem-1', event: 'loop.updated', data: { text: 'a\nb\r\nc\u2028d é 😀' } },
      { id: 'mem-2', event: 'goal.updated', data: null },
    ])
    await reader.cancel()
  })

  test('sends what a row was at the time, not what became of it', async () => {
    const local = server()
    const goal = { action_id: 'one', agent_id: 'a', action_type: 'build', declared_goal: 'g' }
    await send(local, 'POST', '/api/actions', goal)
    await send(local, 'PATCH', '/api/actions/one', { status: 'completed' })
    const got = await replayed(local, { query: '?lastEventId=mem-0' })
    expect(got.filter(({ event }) => event?.startsWith('action'))).toMatchObject([
      { event: 'action.created', data: { status: 'running' } },
      { event: 'action.updated', data: { status: 'completed' } },
    ])
  })

  test('tells of an attempt that was blocked: the decision, and on newer servers the row', async () => {
    for (const [version, events] of [
      ['2.0', ['guard.decision.created', 'connected']],
      ['2.10', ['guard.decision.created', 'action.created', 'connected']],
    ] as const) {
      const local = server({
        version,
        policies: [{ name: 'B', policy_type: 'block_action_type', rules: { action_types: ['build'] } }],
      })
      await send(local, 'POST', '/api/actions', {
        agent_id: 'a',
        action_type: 'build',
        declared_goal: 'AKIAIOSFODNN7EXAMPLE',
      })
      const got = await replayed(local, { query: '?lastEventId=mem-0' })
      expect(got.map(({ event }) => event)).toEqual(events)
      expect(got[0]!.data).toMatchObject({
        decision: 'block',
        reason: 'B: Action type "build" is blocked by policy',
        context: { agent_id: 'a', action_type: 'build', declared_goal: '[REDACTED:aws_access_key]' },
      })
      expect(Object.hasOwn(got[0]!.data as object, 'agent_risk_score')).toBe(version === '2.10')
    }
  })

  test('to HEAD is an answer without a stream', async () => {
    const local = server()
    const answer = await local.fetch(`${local.baseUrl}/api/stream`, {
      method: 'HEAD',
      headers: { 'x-api-key': 'local' },
    })
    expect([answer.status, answer.headers.get('content-type'), answer.body]).toEqual([200, 'text/event-stream', null])
  })
})

describe('over time the stream', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('sends a comment every 15 seconds, and ends after half an hour', async () => {
    const { until, reader } = await listen(server())
    const read = until('the end, which never comes')
    await vi.advanceTimersByTimeAsync(30 * MINUTE)
    const comments = (await read).match(/^: heartbeat\n\n/gm)
    expect(comments?.length).toBe(120)
    expect((await reader.read()).done).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each([
    ['leaves', ({ reader }: Awaited<ReturnType<typeof listen>>) => reader.cancel()],
    ['aborts', ({ controller }: Awaited<ReturnType<typeof listen>>) => controller.abort()],
    ['is cut off by a reset', (_connection: unknown, local: LocalServer) => local.reset()],
    ['is there when the server closes', (_connection: unknown, local: LocalServer) => local.close()],
  ])('forgets a listener that %s', async (_title, end) => {
    const local = server()
    const connection = await listen(local)
    await connection.until('connected')
    expect(vi.getTimerCount()).toBe(2)
    await end(connection, local)
    expect(vi.getTimerCount()).toBe(0)
    local.emit('loop.updated', {})
    await connection.reader.read().catch(() => {})
  })
})

/** Collects what nobody holds, such as a request whose answer is still on its way. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let round = 0; round < 10; round++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

test.each([
  ['a text and options', (url: string, init: RequestInit): Parameters<LocalServer['fetch']> => [url, init]],
  ['a Request', (url: string, init: RequestInit): Parameters<LocalServer['fetch']> => [new Request(url, init)]],
])('a stream opened with %s ends with the caller’s reason, long after its request is gone', async (_form, call) => {
  const local = createLocalServer()
  const controller = new AbortController()
  const init = { headers: { 'x-api-key': 'local' }, signal: controller.signal }
  const answer = await local.fetch(...call(`${local.baseUrl}/api/stream`, init))
  const reader = answer.body!.getReader()
  await reader.read()
  await collect()
  const next = reader.read()
  const reason = new Error('enough')
  controller.abort(reason)
  // A stream that missed the abort goes on with this event.
  local.emit('loop.updated', {})
  await expect(next).rejects.toBe(reason)
})
