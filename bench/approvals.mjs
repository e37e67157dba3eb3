/**
 * How soon an agent goes on after a person said yes, over real HTTP: `node bench/approvals.mjs`. The ratio is to the
 * round trip of the approval itself.
 */
import { DashClaw } from '../dist/index.js'
import { createLocalServer } from '../dist/local.js'
import { median, round, spread } from './lib.mjs'

const server = createLocalServer({
  policies: [{ name: 'Deploys', policy_type: 'require_approval', rules: { action_types: ['deploy'] } }],
})
const { url, close } = await server.listen()
const agent = new DashClaw({ baseUrl: url, apiKey: 'local', agentId: 'agent' })
const person = new DashClaw({ baseUrl: url, apiKey: 'local', agentId: 'person' })

const trips = []
const resumes = []
for (let i = -5; i < 60; i++) {
  const { action_id } = await agent.createAction({ action_type: 'deploy', declared_goal: 'Ship' })
  let pending
  const seen = new Promise((resolve) => {
    pending = resolve
  })
  const waiting = agent.waitForApproval(action_id, { onPending: pending }).then(() => performance.now())
  await seen
  const begin = performance.now()
  await person.approveAction(action_id, { decision: 'allow', reasoning: 'Yes' })
  const answered = performance.now()
  const resumed = await waiting
  if (i < 0) continue
  trips.push(answered - begin)
  resumes.push(resumed - begin)
}
console.table([
  { what: 'round trip of approveAction()', ms: round(median(trips)), ratio: 1, min: 1, max: 1 },
  {
    what: 'approve to resume',
    ms: round(median(resumes)),
    ...spread(resumes.map((ms, at) => ms / trips[at])),
  },
])
await agent.close()
await person.close()
await close()
await server.close()
