import { type Core, callRoute, settingsOf } from '../core/core.ts'
import { ServerError } from '../core/errors.ts'
import { shown } from '../core/transport.ts'
import type { RequestOptions } from '../core/types.ts'
import type { ActionRecord } from './action-types.ts'

/**
 * The action inside an answer; with `id`, only that one. Anything else is no answer: a proxy that says yes to all, or another
 * call's row.
 *
 * @throws {ServerError} When it is none.
 */
export function actionIn(core: Core, answer: unknown, method: string, path: string, id?: string): ActionRecord {
  const action = (answer as { action?: ActionRecord } | null | undefined)?.action
  const { action_id, status } = action ?? {}
  if (typeof action_id === 'string' && typeof status === 'string' && action_id === (id ?? action_id)) return action!
  const said =
    typeof action_id === 'string' && action_id !== (id ?? action_id) ? 'about another action' : 'without an action'
  throw new ServerError(
    `${method} ${path} answered ${said}, so nothing is allowed. Check that baseUrl is a DashClaw server.`,
    { status: 200, method, path, body: shown(settingsOf(core), answer) },
  )
}

/** Reads an action. */
export async function readAction(core: Core, id: string, options?: RequestOptions): Promise<ActionRecord> {
  const answer = await callRoute(core, 'getAction GET /api/actions/:action_id', undefined, options, [id])
  return actionIn(core, answer, 'GET', `/api/actions/${id}`, id)
}
