import { type Core, callRoute, checkedInput } from '../core/core.ts'
import { pathPart } from '../core/path.ts'
import { errorText } from '../core/text.ts'
import type { RequestOptions } from '../core/types.ts'
import type { Outcome, SecuritySummary, UpdatedAction } from './action-types.ts'
import { deliverOutcome, writeOutcome } from './outcome.ts'

/** A message of an action; the fields of `sendMessage`. */
export interface ActionMessage {
  /** At most 2,000 characters; the server masks secrets. */
  body: string
  /** Agent to send to; without one it is a broadcast. */
  to?: string | null | undefined
  /** Default: `info`. */
  message_type?: 'action' | 'info' | 'lesson' | 'question' | 'status' | undefined
  /** At most 200 characters. */
  subject?: string | null | undefined
  /** An open message thread (`mt_…`). */
  thread_id?: string | null | undefined
  urgent?: boolean | null | undefined
  /** Free text, meant for the id of a shared document. */
  doc_ref?: string | null | undefined
}

/** An assumption of an action; the fields of `recordAssumption` without the action's id. */
export interface ActionAssumption {
  /** At most 2,000 characters. */
  assumption: string
  /** At most 2,000 characters. */
  basis?: string | null | undefined
  assumption_id?: string | null | undefined
  validated?: boolean | null | undefined
  invalidated?: boolean | null | undefined
  invalidated_reason?: string | null | undefined
}

/** An open loop of an action; the fields of `registerOpenLoop` without the action's id. */
export interface ActionLoop {
  loop_type: 'followup' | 'question' | 'dependency' | 'approval' | 'review' | 'handoff' | 'other'
  /** At most 2,000 characters. */
  description: string
  loop_id?: string | null | undefined
  /** Default: `medium`. */
  priority?: 'low' | 'medium' | 'high' | 'critical' | null | undefined
  /** At most 256 characters. */
  owner?: string | null | undefined
}

/** Calls that are tied to one action. */
export interface ActionContext {
  /** The action. */
  action_id: string
  /**
   * Sends a message with the action's id. 2.0 servers take the id and do not keep it. Route: `POST /api/messages`.
   */
  sendMessage(
    message: ActionMessage,
    options?: RequestOptions,
  ): Promise<{ message: Record<string, unknown>; message_id: string }>
  /** Records an assumption of the action. Route: `POST /api/actions/assumptions`. */
  recordAssumption(
    assumption: ActionAssumption,
    options?: RequestOptions,
  ): Promise<{ assumption: Record<string, unknown>; assumption_id: string; security: SecuritySummary }>
  /** Registers an open loop of the action. Route: `POST /api/actions/loops`. */
  registerOpenLoop(
    loop: ActionLoop,
    options?: RequestOptions,
  ): Promise<{ loop: Record<string, unknown>; loop_id: string; security: SecuritySummary }>
  /** Writes how the action ended, or a part of it. Route: `PATCH /api/actions/:action_id`. */
  updateOutcome(outcome: Outcome, options?: RequestOptions): Promise<UpdatedAction>
}

const MESSAGE =
  'sendMessage POST /api/messages body! from_agent_id!@agentId to>to_agent_id message_type=info subject thread_id urgent:bool doc_ref'
const ASSUME =
  'recordAssumption POST /api/actions/assumptions assumption! basis assumption_id validated:bool invalidated:bool invalidated_reason -> assumption!:{}'
const LOOP = 'registerOpenLoop@2 POST /api/actions/loops loop_type! description! loop_id priority owner -> loop!:{}'

/** Ties calls to an action; makes no request by itself. */
export function actionContext(core: Core, action_id: string, written: () => void = () => {}): ActionContext {
  pathPart('action_id', action_id)
  const tied = async <T>(route: string, input: object, options?: RequestOptions) =>
    callRoute<T>(core, route, { ...checkedInput(core, route, input), action_id }, options)
  const context: ActionContext = {
    action_id,
    sendMessage: (message, options) => tied(MESSAGE, message, options),
    recordAssumption: async (assumption, options) =>
      documentedId(await tied(ASSUME, assumption, options), 'assumption', 'assumption_id'),
    registerOpenLoop: async (loop, options) => documentedId(await tied(LOOP, loop, options), 'loop', 'loop_id'),
    updateOutcome(outcome, options) {
      written()
      return writeOutcome(core, action_id, outcome, options)
    },
  }
  return context
}

/** Runs a block of calls that are tied to an action; when it throws before an outcome was written, the action is recorded as failed. */
export async function inActionContext<T>(
  core: Core,
  action_id: string,
  block: (context: ActionContext) => T | Promise<T>,
): Promise<T> {
  let open = true
  const context = actionContext(core, action_id, () => {
    open = false
  })
  try {
    return await block(context)
  } catch (error) {
    if (open) await deliverOutcome(core, action_id, { status: 'failed', error_message: errorText(error) })
    throw error
  }
}

/** The documentation reads `loop.id` and `assumption.id` as the id that other calls take; on the wire they are row numbers. */
function documentedId<T extends object>(answer: T, key: string, id: string): T {
  const row = (answer as Record<string, Record<string, unknown>>)[key]!
  return { ...answer, [key]: { ...row, id: row[id], row_id: row['id'] } }
}
