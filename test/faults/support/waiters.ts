import { DashClaw } from '../../../src/client.ts'
import type { DashClawOptions } from '../../../src/core/options.ts'
import { createLocalServer, type LocalServer, type LocalServerOptions } from '../../../src/local/index.ts'
import { HELD, warnings } from '../../support/local.ts'
import { type FaultProxy, startProxy } from './proxy.ts'

export interface Crowd {
  server: LocalServer
  proxy: FaultProxy
  claw: DashClaw
  /** Actions that wait for a person, oldest first. */
  ids: string[]
  /** Pages of the queue that were asked for, and reads of one action by its id. */
  lists: number
  reads: Map<string, number>
  /** Lets the requests of the next connections go to another server. */
  move(server: LocalServer): Promise<void>
  close(): Promise<void>
}

/** An embedded server with actions that wait, over HTTP, and one client behind a proxy that counts. */
export async function crowd(
  count: number,
  options: Partial<DashClawOptions> = {},
  serverOptions: LocalServerOptions = {},
): Promise<Crowd> {
  const server = createLocalServer({ policies: [HELD], ...serverOptions })
  const ids = await hold(server, count)
  let { url } = await server.listen()
  const servers = [server]
  const proxy = await startProxy(() => url)
  const self: Crowd = {
    server,
    proxy,
    ids,
    lists: 0,
    reads: new Map(),
    claw: new DashClaw({ baseUrl: proxy.url, apiKey: 'local', agentId: 'agent-1', logger: warnings(), ...options }),
    async move(next) {
      servers.push(next)
      url = (await next.listen()).url
    },
    async close() {
      await self.claw.close()
      await proxy.close()
      for (const each of servers) await each.close()
    },
  }
  proxy.plan = ({ method, path }) => {
    const id = /^\/api\/actions\/([^/?]+)/.exec(path)?.[1]
    if (method !== 'GET') return undefined
    if (id) self.reads.set(id, (self.reads.get(id) ?? 0) + 1)
    else if (path.startsWith('/api/actions?')) self.lists++
    return undefined
  }
  return self
}

/** Puts actions into the queue: the first through the API, the others as copies of its row. */
export async function hold(server: LocalServer, count: number): Promise<string[]> {
  const { fetch, baseUrl } = server
  const claw = new DashClaw({ baseUrl, apiKey: 'local', agentId: 'agent-1', fetch })
  const { action } = await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship 0' })
  const rows = Array.from({ length: count - 1 }, (_, n) => ({
    ...action,
    id: action.id + n + 1,
    action_id: `act_${n + 1}`,
    declared_goal: `Ship ${n + 1}`,
  }))
  server.seed('actions', rows)
  server.requests.length = 0
  return [action.action_id, ...rows.map(({ action_id }) => action_id)]
}

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
