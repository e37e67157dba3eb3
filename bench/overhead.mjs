/**
 * What the SDK costs over bare `fetch`, as ratios of interleaved rounds in one process: `node bench/overhead.mjs`.
 * A stub `fetch` shows the SDK's own work, loopback HTTP what a user sees.
 */
import { createServer } from 'node:http'
import { DashClaw } from '../dist/index.js'

const answer = JSON.stringify({
  action: { action_id: 'act_1', status: 'running', agent_id: 'bench' },
  action_id: 'act_1',
  decision: { decision: 'allow', reasons: [], warnings: [], matched_policies: [], risk_score: 0, evaluated_at: '' },
})
const fields = {
  agent_id: 'bench',
  action_type: 'deploy',
  declared_goal: 'Ship v2.0',
  reasoning: 'because',
  systems_touched: ['api', 'db'],
  reversible: false,
  risk_score: 60,
  confidence: 80,
  cost_estimate: 0.25,
}
const headers = { 'x-api-key': 'bench-key', 'content-type': 'application/json' }

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

async function rounds(name, bare, ours, { calls, parallel = 1, times = 11 }) {
  const run = async (fn) => {
    const start = process.hrtime.bigint()
    for (let i = 0; i < calls; i += parallel) {
      if (parallel === 1) await fn()
      else await Promise.all(Array.from({ length: parallel }, fn))
    }
    return Number(process.hrtime.bigint() - start) / calls / 1000
  }
  await run(bare)
  await run(ours)
  const ratios = []
  const floor = []
  const own = []
  for (let i = 0; i < times; i++) {
    const [a, b] = [await run(bare), await run(ours)]
    floor.push(a)
    own.push(b - a)
    ratios.push(b / a)
  }
  return {
    case: name,
    'bare, us': +median(floor).toFixed(1),
    'over bare, us': +median(own).toFixed(1),
    ratio: +median(ratios).toFixed(3),
    min: +Math.min(...ratios).toFixed(3),
    max: +Math.max(...ratios).toFixed(3),
  }
}

const stub = async () =>
  new Response(answer, {
    status: 201,
    headers: { 'content-type': 'application/json', 'content-length': String(answer.length) },
  })
const bareCall = (fetch, url) => async () => {
  const response = await fetch(`${url}/api/actions`, { method: 'POST', headers, body: JSON.stringify(fields) })
  return response.json()
}
const server = createServer((request, response) => {
  request
    .resume()
    .on('end', () =>
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer),
    )
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}`
const client = (options) => new DashClaw({ apiKey: 'bench-key', agentId: 'bench', ...options })
const stubbed = client({ baseUrl: 'http://bench.test', fetch: stub })
const real = client({ baseUrl: url })
const request = { method: 'POST', path: '/api/actions', body: fields }

console.table([
  await rounds('request(), stub fetch', bareCall(stub, 'http://bench.test'), () => stubbed.request(request), {
    calls: 5000,
  }),
  await rounds('createAction(), stub fetch', bareCall(stub, 'http://bench.test'), () => stubbed.createAction(fields), {
    calls: 5000,
  }),
  await rounds('createAction(), loopback', bareCall(fetch, url), () => real.createAction(fields), { calls: 600 }),
  await rounds('createAction(), loopback, 64 at once', bareCall(fetch, url), () => real.createAction(fields), {
    calls: 1280,
    parallel: 64,
  }),
])

const options = { baseUrl: 'http://bench.test', apiKey: 'bench-key', agentId: 'bench', fetch: stub }
for (let i = 0; i < 20_000; i++) new DashClaw(options)
const start = process.hrtime.bigint()
for (let i = 0; i < 200_000; i++) new DashClaw(options)
console.log(`new DashClaw(): ${Math.round(Number(process.hrtime.bigint() - start) / 200_000)} ns`)
server.close()
