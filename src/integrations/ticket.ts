import {
  ApprovalTimeoutError,
  type DashClaw,
  errorText,
  GuardBlockedError,
  InputError,
  isDashClawError,
  newId,
  type Outcome,
  summarize,
} from 'dashclaw'
import { type CallContext, changed, checkNames, pin, sha256, type Ticket, ToolHeldError } from './kernel.ts'

export { type Ticket, ToolHeldError } from './kernel.ts'

/** What {@link resume} needs of a client: `DashClaw`, or a composition that has `Actions`, `Approvals` and `Loops`. */
export type TicketClient = Pick<
  DashClaw,
  | 'getAction'
  | 'waitForApproval'
  | 'registerOpenLoop'
  | 'getOpenLoops'
  | 'resolveOpenLoop'
  | 'updateOutcome'
  | 'background'
>

/** Options of {@link resume}. */
export interface ResumeOptions extends Pick<CallContext, 'signal'> {
  /** Whether to wait while nobody has decided. Default: false, which gives a {@link ToolHeldError} with the same ticket. */
  wait?: boolean | undefined
  /** How long, in **milliseconds**. Default: until the ticket expires. */
  approvalTimeout?: number | undefined
}

/**
 * Runs the call of a ticket once a person has approved it, in this process or any other, and never twice: before it runs, the run is
 * claimed on the server with an open loop that only one can make. When the process dies while `run` is at work, the loop stays open and
 * the call is not run again.
 *
 * @param run - Gets the arguments of the ticket. Its value or error is what you get, and the outcome of the action.
 * @throws {ToolHeldError} While nobody has decided. {@link ApprovalDeniedError} when it was denied. {@link ApprovalTimeoutError} when the
 * ticket has expired. {@link GuardBlockedError} with decision `changed` when the ticket's arguments are not those of the action, and with
 * `already_run` when it ran, or runs, elsewhere. {@link InputError} for what is no ticket.
 */
export async function resume<I, R>(
  claw: TicketClient,
  ticket: Ticket<I>,
  run: (input: I, context: { action_id: string; signal: CallContext['signal'] }) => R | PromiseLike<R>,
  options: ResumeOptions = {},
): Promise<R> {
  if (typeof run !== 'function') throw new InputError('run must be the tool to run, a function.', 'run')
  checkNames('resume', options, ['wait', 'approvalTimeout', 'signal'])
  const { action_id, tool, input, digest, expires_at } = checkTicket(ticket)
  const { signal } = options
  const pinned = await pin({ name: tool, input })
  if (!pinned.digest) throw new InputError('Tickets need WebCrypto (crypto.subtle), which this host does not have.')
  if (pinned.digest !== digest) throw changed(tool)
  const left = Date.parse(expires_at) - Date.now()
  if (left <= 0) throw new ApprovalTimeoutError(`The ticket of "${tool}" expired at ${expires_at}.`, action_id)

  let { action, open_loops } = await claw.getAction(action_id, { signal })
  if (!action.authorization_scope?.endsWith(` sha256:${digest}`)) throw changed(tool)
  const loop_id = await claimId(action_id)
  if (open_loops.some((loop) => loop.loop_id === loop_id) || action.status === 'completed') throw alreadyRun(tool)
  if (action.status.startsWith('pending') && !options.wait) {
    throw new ToolHeldError(`The tool "${tool}" still waits for a person: action ${action_id}.`, ticket)
  }
  // Says what counts as an approval. At most the ticket's time, and at most what a timer can hold.
  ;({ action } = await claw.waitForApproval(action_id, {
    timeout: Math.min(options.approvalTimeout ?? left, left, 2_147_483_647),
    signal,
  }))
  if (action.status === 'completed') throw alreadyRun(tool)
  await claim(claw, tool, action_id, loop_id)

  const started = Date.now()
  let outcome: Outcome = {}
  try {
    pinned.check({ name: tool, input })
    const output = await run(input, { action_id, signal })
    outcome = { status: 'completed', output_summary: summarize(output) }
    return output
  } catch (error) {
    outcome = { status: signal?.aborted ? 'cancelled' : 'failed', error_message: errorText(error) }
    throw error
  } finally {
    const ended = { ...outcome, duration_ms: Date.now() - started, timestamp_end: new Date().toISOString() }
    await delivered(claw, `outcome ${ended.status} of ${action_id}`, () => claw.updateOutcome(action_id, ended))
    await delivered(claw, `end of the run of ${action_id}`, () =>
      claw.resolveOpenLoop(loop_id, { status: 'resolved', resolution: `${ended.status}` }),
    )
  }
}

/** One try now; what fails goes on in the background. */
async function delivered(claw: TicketClient, what: string, work: () => Promise<unknown>): Promise<void> {
  await work().catch(() => claw.background(what, work))
}

/** Ids are bounded, so a long one counts by its digest. */
const claimId = async (action_id: string): Promise<string> =>
  `loop_run_${action_id.length > 100 ? await sha256(action_id) : action_id}`

/** Takes the run for this call of {@link resume}: the server has a loop's id only once. */
async function claim(claw: TicketClient, tool: string, action_id: string, loop_id: string): Promise<void> {
  const owner = newId('run_')
  const loop = {
    action_id,
    loop_id,
    loop_type: 'other',
    description: `Run of the approved tool ${tool}`,
    owner,
  } as const
  for (let last = false; ; last = true) {
    try {
      await claw.registerOpenLoop(loop)
      return
    } catch (error) {
      if (isDashClawError(error, 'ConflictError')) {
        // The answer to the first try may have been lost: then the loop is this call's own.
        const { open_loops } = await claw.getAction(action_id)
        if (last && open_loops.some((row) => row.loop_id === loop_id && row.owner === owner)) return
        throw alreadyRun(tool)
      }
      if (last || !isDashClawError(error, 'ConnectionError')) throw error
    }
  }
}

const alreadyRun = (tool: string) =>
  new GuardBlockedError({ decision: 'already_run', reasons: ['it was started before, and never runs twice'] }, tool)

function checkTicket<I>(ticket: Ticket<I>): Ticket<I> {
  const bag = ticket as Partial<Record<keyof Ticket, unknown>> | null | undefined
  const text = (['action_id', 'tool', 'digest', 'expires_at'] as const).find(
    (field) => typeof bag?.[field] !== 'string',
  )
  const wrong = bag?.v !== 1 ? 'v' : (text ?? (Number.isNaN(Date.parse(ticket.expires_at)) ? 'expires_at' : undefined))
  if (wrong) throw new InputError(`ticket is no ticket of a held tool: ${wrong} is missing or wrong.`, wrong)
  return ticket
}
