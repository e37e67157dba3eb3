import { isPlain, describe as show, unknownName } from '../core/checks.ts'
import { GuardBlockedError, InputError, isDashClawError } from '../core/errors.ts'
import { scrub, summarize, tidy } from '../core/text.ts'
import type { RequestOptions } from '../core/types.ts'
import { actionRoute } from './action-fields.ts'
import type { CreateActionInput } from './action-types.ts'
import type { CreateActionOptions } from './create.ts'
import { type GuardContext, type GuardDecision, isGo } from './guard.ts'
import { pin, type ToolCall } from './tool-digest.ts'
import { held } from './tool-held.ts'
import type { TrackedAction } from './track.ts'

/** What the governing of tools needs of a client: `DashClaw`, or a composition that has `Actions`; with `Guard` for 2.0 servers. */
export interface ToolClient {
  track<T>(
    action: CreateActionInput,
    fn: (action: TrackedAction) => T | Promise<T>,
    options?: CreateActionOptions,
  ): Promise<T>
  guard?(context: GuardContext, options?: RequestOptions): Promise<GuardDecision>
}

/**
 * How calls of tools become actions. Fields of the action, such as `risk_score`, count for every call; the client's own options
 * (`guardMode`, `hitlMode`, …) hold too.
 */
export interface GovernOptions
  extends Partial<CreateActionInput>,
    Pick<CreateActionOptions, 'approvalTimeout' | 'onPending'> {
  /** Whether to wait for the reviewer who has to decide. False throws a {@link ToolHeldError} with a ticket at once. Default: true. */
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

/**
 * Whether a call runs without being asked about: only when `skip` says exactly true.
 *
 * @throws {InputError} When `skip` is async: a promise is no yes.
 */
export function skips({ skip }: GovernOptions, call: ToolCall): boolean {
  const answer: unknown = skip?.(call)
  if (typeof (answer as PromiseLike<unknown> | null | undefined)?.then === 'function') {
    void Promise.resolve(answer).catch(() => {})
    throw new InputError(`skip must return true or false, not a promise. The tool "${call.name}" did not run.`, 'skip')
  }
  return answer === true
}

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
  checkOptions(options)
  const pinned = await pin(call)
  const {
    actionTypes = {},
    describe: say,
    skip,
    wait = true,
    approvalTimeout,
    onPending,
    ticketLifetime,
    ...fixed
  } = options
  const { name, input } = call
  const { signal, parent_action_id, action_type: standard = 'tool' } = context
  const described: unknown = say?.(call)
  if (described !== undefined && !isPlain(described)) {
    if (typeof (described as PromiseLike<unknown> | null)?.then === 'function') {
      void Promise.resolve(described).catch(() => {})
    }
    throw new InputError(
      `describe must return an object, such as { declared_goal: '…' }; got ${show(described)}. The tool "${name}" did not run.`,
      'describe',
    )
  }
  const own = described as Partial<CreateActionInput> | undefined
  const fields = bounded({
    declared_goal: callText(name, input),
    systems_touched: [name],
    input_summary: summarize(input),
    risk_score: 30,
    ...(parent_action_id && { parent_action_id }),
    ...fixed,
    ...own,
  })
  const scope = fields.authorization_scope ?? `tool:${name}`
  if (pinned.digest) fields.authorization_scope = `${tidy(scope, 900)} sha256:${pinned.digest}`
  const given = own?.action_type ?? (Object.hasOwn(actionTypes, name) ? actionTypes[name] : fixed.action_type)
  const begin = (more: Pick<CreateActionInput, 'action_type' | 'status'>) =>
    opened<TrackedAction>(
      (work) => claw.track({ ...fields, ...more }, work, { wait, approvalTimeout, onPending, signal }),
      pinned.check,
      signal,
    )
  /** The policies know the type, the record does not: so they are asked about it, and what they say holds. */
  const asOther = async (action_type: string, refusal?: unknown): Promise<OpenCall> => {
    if (typeof claw.guard !== 'function') {
      throw refusal ?? new InputError('claw must have Guard as well: compose(Actions, Guard).', 'claw')
    }
    const { risk_score, systems_touched, reversible, declared_goal, agent_id } = fields
    const decision = await claw.guard(
      { action_type, risk_score, systems_touched, reversible, declared_goal, agent_id },
      { signal },
    )
    if (isGo(decision.decision)) return begin({ action_type: 'other' })
    if (decision.decision !== 'require_approval') throw new GuardBlockedError(decision, fields.declared_goal)
    return begin({ action_type: 'other', status: 'pending_approval' })
  }
  try {
    const action_type = given ?? standard
    if (!given && strict.has(claw) && !/^(message|other)$/.test(action_type)) return await asOther(action_type)
    try {
      return await begin({ action_type })
    } catch (error) {
      if (given || !refusesType(error)) throw error
      strict.add(claw)
      return await asOther(action_type, error)
    }
  } catch (error) {
    throw held(error, call, pinned.digest, options)
  }
}

const OPTIONS = ['wait', 'approvalTimeout', 'onPending', 'actionTypes', 'describe', 'skip', 'ticketLifetime'] as const

/**
 * Refuses options of governed tools that can only be a mistake.
 *
 * @param more - What an integration takes besides.
 */
export function checkOptions(options: object, more: readonly string[] = [], owner = 'governTool'): void {
  if (!isPlain(options)) {
    throw new InputError(
      `The options of ${owner} must be an object, such as { risk_score: 50 }; got ${show(options)}.`,
      'options',
    )
  }
  const fields = actionRoute('governTool').names
  for (const name in options) {
    if (!fields.has(name) && !(OPTIONS as readonly string[]).includes(name) && !more.includes(name)) {
      throw unknownName(owner, 'option', name, [...OPTIONS, ...more, ...fields])
    }
  }
}

/** The most that servers take of each string, in characters. */
const LIMITS: Readonly<Record<string, number>> = {
  declared_goal: 2000,
  reasoning: 4000,
  input_summary: 4000,
  output_summary: 4000,
  error_message: 4000,
  authorization_scope: 1000,
  trigger: 1000,
  recommendation_override_reason: 500,
  agent_name: 256,
}

/** Strings that were made for a call are cut to what servers take: never a reason to refuse the tool. */
function bounded<F extends object>(fields: F): F {
  const all = { ...fields } as Record<string, unknown>
  for (const name in LIMITS) {
    const text = all[name]
    if (typeof text === 'string') all[name] = tidy(text, LIMITS[name]!)
  }
  const { systems_touched: systems } = all
  if (Array.isArray(systems) && systems.length > 50) all['systems_touched'] = systems.slice(0, 50)
  return all as F
}

/** How long the arguments of a call are in its goal. */
const SHORT = 200

/** A call as it would be written, for goals: `delete_file({ path: '/etc/hosts' })`. Bounded, and secrets masked. */
export function callText(name: string, input: unknown): string {
  let text: string
  try {
    text = input === undefined ? '' : literal(parsed(input))
    if (text === '{}') text = ''
  } catch {
    text = '…'
  }
  return tidy(`${name}(${scrub(text.length > 4 * SHORT ? text.slice(0, 4 * SHORT) : text)})`, SHORT + name.length)
}

/** Some frameworks hand over the arguments as the JSON that the model wrote. */
function parsed(input: unknown): unknown {
  if (typeof input !== 'string' || !input.startsWith('{')) return input
  try {
    return JSON.parse(input) as unknown
  } catch {
    return input
  }
}

/** A value as JavaScript writes it. */
function literal(value: unknown): string {
  if (typeof value === 'string') {
    const text = JSON.stringify(value.length > SHORT ? `${value.slice(0, SHORT)}…` : value).slice(1, -1)
    return `'${text.replace(/\\"/g, '"').replace(/'/g, "\\'")}'`
  }
  if (Array.isArray(value)) return `[${value.slice(0, 10).map(literal).join(', ')}${value.length > 10 ? ', …' : ''}]`
  if (isPlain(value)) {
    const parts = Object.entries(value)
      .slice(0, 20)
      .map(([key, inner]) => `${/^[\w$]+$/.test(key) ? key : literal(key)}: ${literal(inner)}`)
    return parts.length ? `{ ${parts.join(', ')} }` : '{}'
  }
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value))
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
  checkOptions(options)
  if (skips(options, call)) return run()
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

/** @throws {InputError} For a client without `track`, such as one that was composed of other domains. */
export function requireClient(claw: ToolClient): void {
  if (typeof claw?.track !== 'function') {
    throw new InputError('claw must be a client with Actions: new DashClaw(…).', 'claw')
  }
}
