import type { LocalServer } from '../../src/local/index.ts'
import { recordings } from './fixtures.ts'

type Fields = Record<string, unknown>

/** What the embedded server answered. */
export interface Answer<T> {
  status: number
  headers: Headers
  text: string
  /** The parsed body, taken for what the test expects; undefined when it is no JSON. */
  body: T
}

/** One call of the embedded server, past the client. A text is sent as it is. */
export async function send<T = unknown>(
  server: LocalServer,
  method: string,
  path: string,
  body?: object | string,
  { key = 'local', headers = {} }: { key?: string | null; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const answer = await server.fetch(server.baseUrl + path, {
    method,
    headers: { ...(key !== null && { 'x-api-key': key }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  const { status } = answer
  try {
    return { status, headers: answer.headers, text, body: JSON.parse(text) as T }
  } catch {
    return { status, headers: answer.headers, text, body: undefined as T }
  }
}

/** Puts an action into the table as the platform's database holds one; nothing when its id is there. */
export function seedAction(server: LocalServer, fields: Fields, org = 'org_local'): void {
  const known = (server.snapshot(org)['actions'] ?? []) as { action_id: string }[]
  if (known.some(({ action_id }) => action_id === fields['action_id'])) return
  const now = new Date(server.clock.now()).toISOString()
  server.seed(
    'actions',
    [
      {
        id: 1,
        org_id: org,
        agent_id: 'core-act-1',
        agent_name: null,
        swarm_id: null,
        parent_action_id: null,
        action_type: 'deploy',
        declared_goal: 'Ship',
        reasoning: null,
        authorization_scope: null,
        trigger: null,
        systems_touched: '[]',
        input_summary: null,
        status: 'running',
        reversible: 1,
        risk_score: 0,
        confidence: 50,
        recommendation_id: null,
        recommendation_applied: 0,
        recommendation_override_reason: null,
        output_summary: null,
        side_effects: '[]',
        artifacts_created: '[]',
        error_message: null,
        timestamp_start: now,
        timestamp_end: null,
        duration_ms: null,
        cost_estimate: 0,
        tokens_in: 0,
        tokens_out: 0,
        signature: null,
        verified: false,
        created_at: now,
        updated_at: null,
        ...fields,
      },
    ],
    org,
  )
}

/** By recording: the action that it speaks of and that no earlier one made, in the state that its answer tells. */
export function actionsBefore(domain: string, server: LocalServer): Record<string, () => unknown> {
  const before: Record<string, () => unknown> = {}
  for (const { method, name, request, response } of recordings(domain)) {
    if ([401, 404, 405].includes(response.status)) continue
    const id = decodeURIComponent(/^\/api\/actions\/(act_[^/]+|core_[^/]+)/.exec(request.path)?.[1] ?? '')
    const named = (request.body as { action_id?: string } | null)?.action_id
    const action_id = id || (request.path.startsWith('/api/actions/') ? named : undefined)
    if (!action_id) continue
    const { action, error } = (response.body ?? {}) as { action?: Fields; error?: string }
    const waits = request.path.endsWith('/approve') && error !== 'Action is not pending approval'
    const status = waits ? 'pending_approval' : error ? 'running' : (action?.['status'] ?? 'running')
    const start = name.includes('unparsable') ? { timestamp_start: 'not a date' } : {}
    before[`${method}: ${name}`] = () => seedAction(server, { action_id, status, ...start })
  }
  return before
}
