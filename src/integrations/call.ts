import {
  type CreateActionInput,
  type CreateActionOptions,
  type DashClaw,
  InputError,
  isDashClawError,
  summarize,
  type TrackedAction,
} from 'dashclaw'
import { renderDenial } from './denial.ts'
import { pin, type ToolCall } from './digest.ts'
import { held } from './ticket.ts'

/** What the governing of tools needs of a client: `DashClaw`, or a composition that has `Actions`. */
export type ToolClient = Pick<DashClaw, 'track'>

/**
 * How calls of tools become actions. Fields of the action, such as `risk_score`, count for every call; the client's own options
 * (`guardMode`, `hitlMode`, …) hold too.
 */
export interface GovernOptions
  extends Partial<CreateActionInput>,
    Pick<CreateActionOptions, 'approvalTimeout' | 'onPending'> {
  /** Whether to wait for a person who has to decide. False throws a {@link ToolHeldError} with a ticket at once. Default: true. */
  wait?: boolean | undefined
  /** Tool name to `action_type`. Others are `tool`, or `other` where the server does not know that type. */
  actionTypes?: Record<string, string> | undefined
  /** Fields made from one call; they win over all others. */
  describe?: ((call: ToolCall) => Partial<CreateActionInput>) | undefined
  /** For which calls nothing is asked and nothing is recorded. Default: none. */
  skip?: ((call: ToolCall) => boolean) | undefined
  /** How long a ticket of `wait: false` can be redeemed, in **milliseconds**. Default: 86,400,000 (one day). */
  ticketLifetime?: number | undefined
}

/** What a call may add to the options: how it is cancelled, and the action that it belongs to. */
export interface CallContext {
  signal?: CreateActionOptions['signal']
  parent_action_id?: string | undefined
  /** `action_type` of calls that are given none. Default: `tool`. */
  action_type?: string | undefined
}

/** A call that is allowed and recorded, and has not ended yet. */
export interface OpenCall<A = TrackedAction> {
  /** The stored action, and calls that are tied to it. */
  action: A
  /** Has to pass right before the tool runs. @throws {GuardBlockedError} With decision `changed` for other arguments than the allowed ones. */
  check(call: ToolCall): void
  /** Writes the outcome: `completed` with the output, or `failed` (`cancelled` after an abort) with the error. Never rejects. */
  end(outcome: { output: unknown } | { error: unknown }): Promise<void>
}

/** More calls than any process has at work at once: above it, the oldest were forgotten by somebody and are let go. */
export const MOST = 10_000

/** Clients whose server knows 20 action types only. */
const strict = /* @__PURE__ */ new WeakSet<ToolClient>()

/**
 * Asks for a call and records it. The tool is run by somebody else, who tells how it ended.
 *
 * @throws {GuardBlockedError}, {ApprovalDeniedError}, {ApprovalTimeoutError}, {ApprovalPendingError} When it must not run.
 */
export async function openCall(
  claw: ToolClient,
  call: ToolCall,
  options: GovernOptions = {},
  context: CallContext = {},
): Promise<OpenCall> {
  const pinned = await pin(call)
  const {
    actionTypes = {},
    describe,
    skip,
    wait = true,
    approvalTimeout,
    onPending,
    ticketLifetime,
    ...fixed
  } = options
  const { name, input } = call
  const { signal, parent_action_id, action_type: standard = 'tool' } = context
  const described = describe?.(call)
  const fields = {
    declared_goal: `Use tool ${name}`,
    systems_touched: [name],
    input_summary: summarize(input),
    risk_score: 30,
    ...(parent_action_id && { parent_action_id }),
    ...fixed,
    ...described,
  }
  const scope = fields.authorization_scope ?? `tool:${name}`
  if (pinned.digest) fields.authorization_scope = `${scope} sha256:${pinned.digest}`
  const given = described?.action_type ?? (Object.hasOwn(actionTypes, name) ? actionTypes[name] : fixed.action_type)
  const begin = (action_type: string) =>
    opened<TrackedAction>(
      (work) => claw.track({ ...fields, action_type }, work, { wait, approvalTimeout, onPending, signal }),
      pinned.check,
      signal,
    )
  try {
    try {
      return await begin(given ?? (strict.has(claw) ? 'other' : standard))
    } catch (error) {
      if (given || !refusesType(error)) throw error
      strict.add(claw)
      return await begin('other')
    }
  } catch (error) {
    throw held(error, call, pinned, options)
  }
}

/** `action_type must be one of: …`, as 2.0 servers say. */
const refusesType = (error: unknown): boolean =>
  isDashClawError(error, 'ValidationError') && !!error.details?.some((rule) => rule.startsWith('action_type must be'))

/** Turns a call that runs its work into one whose work ends when `end` is called. */
export function opened<A>(
  run: (work: (action: A) => Promise<unknown>) => Promise<unknown>,
  check: OpenCall['check'],
  signal?: CallContext['signal'],
): Promise<OpenCall<A>> {
  return new Promise((resolve, reject) => {
    const ended = run(
      (action) =>
        new Promise((ok, fail) => {
          resolve({
            action,
            check,
            end(outcome) {
              if ('output' in outcome) ok(outcome.output)
              else fail(signal?.aborted ? signal.reason : outcome.error)
              return ended
            },
          })
        }),
    ).then(() => {}, reject)
  })
}

/**
 * Runs a call as an action, or not at all. The outcome of a stream is written when it has been read.
 *
 * @throws {GuardBlockedError}, {ApprovalDeniedError}, {ApprovalTimeoutError}, {ApprovalPendingError} When it must not run; and
 * whatever `run` throws.
 */
export async function governCall<R>(
  claw: ToolClient,
  call: ToolCall,
  run: (action?: TrackedAction) => R | PromiseLike<R>,
  options: GovernOptions = {},
  context: CallContext = {},
): Promise<R> {
  if (options.skip?.(call)) return run()
  return runCall(await openCall(claw, call, options, context), call, run)
}

/** Runs a call that is allowed, unless it has changed since, and writes its outcome. */
export async function runCall<R>(
  open: Pick<OpenCall, 'check' | 'end'> & Partial<OpenCall>,
  call: ToolCall,
  run: (action?: TrackedAction) => R | PromiseLike<R>,
): Promise<R> {
  let output: R
  try {
    open.check(call)
    output = await run(open.action)
  } catch (error) {
    await open.end({ error })
    throw error
  }
  if (isGenerator(output)) return watch(output, open) as R
  await open.end({ output })
  return output
}

type Generator = AsyncIterableIterator<unknown>

const isGenerator = (value: unknown): value is Generator =>
  typeof (value as Partial<Generator> | null)?.next === 'function' && Symbol.asyncIterator in (value as object)

/** Passes on what a streaming tool gives, and writes the outcome when it is over. */
async function* watch(stream: Generator, open: Pick<OpenCall, 'end'>): Generator {
  let outcome: Parameters<OpenCall['end']>[0] = { output: undefined }
  try {
    for await (const output of stream) {
      outcome = { output }
      yield output
    }
  } catch (error) {
    outcome = { error }
    throw error
  } finally {
    await open.end(outcome)
  }
}

/** Gives the text of a denial in place of the error. */
export async function orDenial<R>(run: Promise<R>, tool: string): Promise<R | string> {
  try {
    return await run
  } catch (error) {
    const text = renderDenial(error, tool)
    if (text === undefined) throw error
    return text
  }
}

/** @throws {InputError} For a client without `track`, such as one that was composed of other domains. */
export function requireClient(claw: ToolClient): void {
  if (typeof claw?.track !== 'function') {
    throw new InputError('claw must be a client with Actions: new DashClaw(…).', 'claw')
  }
}
