/**
 * Clients beside this one: each makes the same POST of an action and reads the same answer, through the `fetch` it is given.
 * Installed by `npm ci --prefix bench`.
 */
import { DashClaw } from '../dist/index.js'

export const action = {
  agent_id: 'bench',
  action_type: 'deploy',
  declared_goal: 'Ship v2.0',
  reasoning: 'The release notes are agreed on',
  authorization_scope: 'production',
  trigger: 'schedule',
  systems_touched: ['api', 'db'],
  input_summary: 'tag v2.0',
  status: 'running',
  reversible: false,
  risk_score: 60,
  confidence: 80,
  timestamp_start: '2026-01-31T12:00:00.000Z',
  duration_ms: 1200,
  cost_estimate: 0.25,
}
export const answer = JSON.stringify({
  action: { action_id: 'act_1', status: 'running', agent_id: 'bench' },
  action_id: 'act_1',
  decision: { decision: 'allow', reasons: [], warnings: [], matched_policies: [], risk_score: 0, evaluated_at: '' },
})
const answered = { 'content-type': 'application/json', 'content-length': String(answer.length) }
/** Answers at once, so that what is left is the client's own work. */
export const stub = async () => new Response(answer, { status: 201, headers: answered })
export const answerHeaders = answered

const key = 'bench-key-0123456789'
const path = '/api/actions'

export function bare(url, fetch) {
  const headers = { 'x-api-key': key, 'content-type': 'application/json' }
  return async () => {
    const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(action) })
    return response.json()
  }
}

/** Own client of this package: with its defaults, so with a time limit, retries and typed errors. */
export const clients = {
  'dashclaw request()': (url, fetch) => {
    const claw = new DashClaw({ baseUrl: url, apiKey: key, agentId: 'bench', fetch })
    return () => claw.request({ method: 'POST', path, body: action })
  },
  'dashclaw createAction()': (url, fetch) => {
    const claw = new DashClaw({ baseUrl: url, apiKey: key, agentId: 'bench', fetch })
    return () => claw.createAction(action)
  },
}

export const peers = {
  ofetch: async () => {
    const { createFetch } = await import('ofetch')
    return (url, fetch) => {
      const client = createFetch({ fetch, Headers, AbortController, defaults: { baseURL: url, timeout: 30_000 } })
      const headers = { 'x-api-key': key }
      return () => client(path, { method: 'POST', headers, body: action })
    }
  },
  stripe: async () => {
    const { default: Stripe } = await import('stripe')
    return (url, fetch) => {
      const { protocol, hostname, port } = new URL(url)
      const client = new Stripe(key, {
        httpClient: Stripe.createFetchHttpClient(fetch),
        protocol: protocol.slice(0, -1),
        host: hostname,
        port,
        telemetry: false,
      })
      // Routes of its second version take JSON.
      return () => client.rawRequest('POST', '/v2/actions', action)
    }
  },
  openai: async () => {
    const { default: OpenAI } = await import('openai')
    return (url, fetch) => {
      const client = new OpenAI({ apiKey: key, baseURL: url, fetch })
      return () => client.post(path, { body: action })
    }
  },
  '@octokit/core': async () => {
    const { Octokit } = await import('@octokit/core')
    return (url, fetch) => {
      const client = new Octokit({ auth: key, baseUrl: url, request: { fetch } })
      return async () => (await client.request(`POST ${path}`, action)).data
    }
  },
  '@supabase/supabase-js': async () => {
    const { createClient } = await import('@supabase/supabase-js')
    return (url, fetch) => {
      const client = createClient(url, key, {
        global: { fetch },
        auth: { autoRefreshToken: false, persistSession: false },
        // Node 20 has no WebSocket, and none is used.
        realtime: { transport: class {} },
      })
      return async () => (await client.from('actions').insert(action).select()).data
    }
  },
  ky: async () => {
    const { default: ky } = await import('ky')
    return (url, fetch) => {
      const client = ky.create({ prefixUrl: url, fetch, headers: { 'x-api-key': key }, timeout: 30_000 })
      return () => client.post(path.slice(1), { json: action }).json()
    }
  },
  axios: async () => {
    const { default: axios } = await import('axios')
    return (url, fetch) => {
      const client = axios.create({
        baseURL: url,
        adapter: 'fetch',
        env: { fetch, Request, Response },
        headers: { 'x-api-key': key },
        timeout: 30_000,
      })
      return async () => (await client.post(path, action)).data
    }
  },
}
