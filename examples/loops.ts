/** What an action leaves open, and what it took for true. */
import { DashClaw } from 'dashclaw'
import { createLocalServer } from 'dashclaw/local'

const server = createLocalServer()
const claw = new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'migrator', fetch: server.fetch })

const { action_id } = await claw.createAction({ action_type: 'migrate', declared_goal: 'Move orders to the new table' })
const { loop } = await claw.registerOpenLoop({
  action_id,
  loop_type: 'followup',
  description: 'Drop the old table next week',
})
const { assumption } = await claw.registerAssumption({ action_id, assumption: 'Nobody writes to the old table' })

await claw.validateAssumption(assumption.id, { validated: false, invalidated_reason: 'The importer still does' })
await claw.resolveOpenLoop(loop.id, { status: 'cancelled' })

const { invalidated } = await claw.getDriftReport({ action_id })
for (const { assumption, invalidated_reason } of invalidated)
  console.log(`wrong: ${assumption} (${invalidated_reason})`)
