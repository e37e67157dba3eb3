/** What the tests of every framework share: policies for tools, and a server of their own for each test. */
import { DashClaw } from 'dashclaw'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import { afterEach, beforeEach, expect } from 'vitest'
import { eventually } from '../../support/eventually.ts'

export { BLOCK, HOLD } from '../../support/tool-policies.ts'

export type Row = Record<string, unknown>

export let server: LocalServer
export let listening: Awaited<ReturnType<LocalServer['listen']>>
/** The agent's client. */
export let claw: DashClaw
/** The operator's own client. */
export let admin: DashClaw

/** Gives each test of a file a server over HTTP, an agent's client and an operator's. */
export function serverPerTest(): void {
  beforeEach(async () => {
    server = createLocalServer()
    listening = await server.listen()
    claw = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'agent-1' })
    admin = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'operator' })
  })
  afterEach(async () => {
    await claw.close()
    await admin.close()
    await listening.close()
    await server.close()
  })
}

/** The actions of that server, in the order in which they began. */
export const rows = () => [...((server.snapshot()['actions'] ?? []) as Row[])]
/** The token reports that arrived there. */
export const tokens = () => server.requests.filter(({ path }) => path === '/api/tokens').map(({ body }) => body as Row)
/** The ids of the actions that wait there, once there are any. */
export async function pending(): Promise<string[]> {
  let ids: string[] = []
  await eventually(async () => {
    ids = (await admin.getPendingApprovals()).actions.map(({ action_id }) => action_id)
    expect(ids.length).toBeGreaterThan(0)
  })
  return ids
}
