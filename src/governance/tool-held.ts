import { ApprovalPendingError, isDashClawError } from '../core/errors.ts'
import type { ToolCall } from './tool-digest.ts'

/** A call that waits for a reviewer: plain JSON, to be kept in a queue or a database. It holds the arguments as they are. */
export interface Ticket<I = unknown> {
  v: 1
  /** The action that a reviewer decides about. */
  action_id: string
  /** Name of the tool. */
  tool: string
  /** Its arguments. */
  input: I
  /** Hexadecimal SHA-256 of the tool's name and arguments; the action on the server has it too. */
  digest: string
  /** ISO 8601 time in UTC; `resume` of `dashclaw/tools` refuses the ticket afterwards. */
  expires_at: string
}

/** The call waits for a reviewer and nobody waits with it (`wait: false`). Its ticket runs it later, in any process. */
export class ToolHeldError extends ApprovalPendingError {
  override get name(): string {
    return 'ToolHeldError'
  }
  /** Give it to `resume` of `dashclaw/tools`. Does not show where the error is printed: it holds the arguments. */
  declare readonly ticket: Ticket

  constructor(message: string, ticket: Ticket) {
    super(message, ticket.action_id)
    Object.defineProperty(this, 'ticket', { value: ticket })
  }
}

const DAY = 86_400_000

/** Adds the ticket to the error of a call that is held; other errors come back as they are. */
export function held(
  error: unknown,
  { name, input }: ToolCall,
  digest: string | undefined,
  options: { wait?: boolean | undefined; ticketLifetime?: number | undefined },
): unknown {
  if (options.wait !== false || !digest || !isDashClawError(error, 'ApprovalPendingError')) return error
  const { action_id } = error
  return new ToolHeldError(
    `The tool "${name}" waits for a reviewer: action ${action_id}. Once it is approved, resume(claw, error.ticket, run) of dashclaw/tools runs it; with wait: true the call waits by itself.`,
    {
      v: 1,
      action_id,
      tool: name,
      input,
      digest,
      expires_at: new Date(Date.now() + (options.ticketLifetime ?? DAY)).toISOString(),
    },
  )
}
