import { canonicalJson, InputError, isDashClawError } from 'dashclaw'
import { renderDenial } from './denial.ts'
import {
  type CallContext,
  checkOptions,
  type GovernOptions,
  MOST,
  type OpenCall,
  openCall,
  opened,
  pin,
  requireClient,
  sha256,
  type ToolCall,
  type ToolClient,
} from './kernel.ts'
import {
  ACTION_ID,
  isControlFlow,
  type ModelMessage,
  outcomeOf,
  report,
  seenBy,
  type UsageClient,
} from './langchain-shared.ts'
import { resume, type TicketClient } from './ticket.ts'

/** What {@link dashclawMiddleware} needs of a client: `DashClaw`, or a composition of `Actions`, `Approvals`, `Loops` and `Tokens`. */
export type MiddlewareClient = ToolClient & TicketClient & UsageClient

/** Options of {@link dashclawMiddleware}. */
export interface DashClawMiddlewareOptions extends GovernOptions {
  /**
   * How a call that a person has to decide about is held: false waits inside the run; true interrupts the graph, which costs nothing
   * while it is stopped and outlives the process. Resume it with any `Command({ resume })` once the person has decided: the platform
   * holds the decision, the resume value does not count, and the graph is interrupted again while there is none. It needs a
   * checkpointer and a `thread_id`. `ticketLifetime` says how long after its request an approval can be used. A call whose process died before its
   * end was recorded interrupts the graph as well, and one that was approved never runs again. Default: false.
   */
  interrupt?: boolean | undefined
  /** What a denied call does: tell the model with a tool message of status `error` (default), or `throw`, which ends the run. */
  onDeny?: 'message' | 'throw' | undefined
}

/** The value of the interrupt of a held call, in `__interrupt__` of what `invoke` gives. */
export interface GraphInterruptValue {
  type: 'dashclaw_approval'
  /** The action that a person decides about, with `approveAction` or in the dashboard. */
  action_id: string
  /** Name of the tool. */
  tool: string
  /** Id of the call, as the model gave it. */
  tool_call_id: string
}

/** What is read of LangChain's request for a call of a tool. */
export interface ToolRequest {
  toolCall: { name: string; args: Record<string, unknown>; id?: string | undefined }
  tool: unknown
  state: { messages: readonly object[] }
  runtime: {
    configurable?: { thread_id?: unknown } | undefined
    signal?: CallContext['signal']
    interrupt?: ((value: GraphInterruptValue) => unknown) | undefined
  }
}

/** A middleware for `createAgent({ middleware: [ … ] })`. */
export interface DashClawMiddleware {
  /** Name in LangChain's messages. */
  name: string
  /** Runs a call of a tool as an action, or not at all. */
  wrapToolCall<R extends ToolRequest, M>(request: R, handler: (request: R) => M | Promise<M>): Promise<M>
  /** Counts the tokens of a call of a model. */
  wrapModelCall<R extends object, M>(request: R, handler: (request: R) => M | Promise<M>): Promise<M>
}

/** A call that is allowed, and how often the graph was interrupted for it. */
interface Allowed {
  open: OpenCall<{ action_id: string }>
  asked: number
}

const DAY = 86_400_000
/** An action that waits for a person, or that one has approved. */
const LIVE = /^(pending|running)/

/**
 * Middleware for `createAgent`: each call of a tool is an action, asked for, recorded, and run only when it is allowed; the tokens of
 * each call of a model are reported.
 *
 * Arguments are compared right before the tool runs, after all other middleware. A tool that interrupts the graph itself stays one
 * action, asked for once, when it is resumed in the same process. Put it last in the list to govern what other middleware
 * made of a call, and each try of a retry. What a tool throws goes on as it is, as with every `wrapToolCall`.
 *
 * @param claw - The client whose agent acts.
 * @param options - How calls become actions, and how one is held.
 * @returns The middleware. A run with it throws what can't be told to the model: {@link APIError}, {@link ConnectionError}, or a denial
 * with `onDeny: 'throw'`, inside LangChain's `MiddlewareError` as its `cause`.
 * @throws {InputError} When `claw` is no client.
 */
export function dashclawMiddleware(
  claw: MiddlewareClient,
  options: DashClawMiddlewareOptions = {},
): DashClawMiddleware {
  requireClient(claw)
  checkOptions(options, ['interrupt', 'onDeny'], 'dashclawMiddleware')
  const { interrupt, onDeny, ...govern } = options
  const paused = new Map<string, Allowed>()
  return {
    name: 'DashClaw',
    async wrapToolCall(request, handler) {
      const { toolCall, tool, runtime } = request
      const { name, args } = toolCall
      const call = { name, input: args, id: toolCall.id }
      if (govern.skip?.(call)) return handler(request)
      const key = keyOf(request)
      let allowed = key === undefined ? undefined : paused.get(key)
      let started = false
      try {
        if (allowed) {
          paused.delete(key!)
          // The graph counts interrupts by their order: those of the first run come again, and give what they were resumed with.
          for (let i = 0; i < allowed.asked; i++) runtime.interrupt?.(asking(allowed.open.action.action_id, call))
        } else {
          const parent = (runtime.configurable as Record<string, unknown> | undefined)?.[ACTION_ID]
          const context: CallContext = {
            signal: runtime.signal,
            parent_action_id: typeof parent === 'string' ? parent : undefined,
          }
          allowed = interrupt
            ? await durable(claw, call, govern, context, request, key)
            : { open: await openCall(claw, call, govern, context), asked: 0 }
        }
        const { open } = allowed
        const { action_id } = open.action
        const { starting } = seenBy(claw)
        open.check(call)
        const runnable = typeof (tool as Invokable | undefined)?.invoke === 'function' ? (tool as Invokable) : undefined
        started = !runnable
        const governed = runnable && {
          invoke: {
            value(input: { name?: string; args?: unknown }, config: Config) {
              open.check({ name: input.name ?? name, input: input.args })
              started = true
              starting.add(action_id)
              const mark = { [ACTION_ID]: action_id }
              return runnable.invoke(input, {
                ...config,
                configurable: { ...config?.configurable, ...mark },
                metadata: { ...config?.metadata, ...mark },
              })
            },
          },
        }
        const result = await handler(governed ? { ...request, tool: Object.create(runnable, governed) } : request)
        await open.end(outcomeOf(result))
        return result
      } catch (error) {
        const open = allowed?.open
        if (!isControlFlow(error)) await open?.end({ error })
        else if (error.interrupts && key !== undefined && allowed) keep(paused, key, allowed)
        else await open?.end({ output: `${error.name}: goes on in the graph` })
        const text = started || onDeny === 'throw' ? undefined : renderDenial(error, name)
        if (text === undefined) throw error
        return denied(request, handler, text)
      } finally {
        if (allowed) seenBy(claw).starting.delete(allowed.open.action.action_id)
      }
    },
    async wrapModelCall(request, handler) {
      const result = await handler(request)
      const { messages = [result] } = result as { messages?: readonly unknown[] }
      for (const message of messages as readonly ModelMessage[]) {
        const usage = message?.usage_metadata
        // What a handler of the same client has counted already.
        if (!usage || seenBy(claw).counted.delete(usage)) continue
        report(
          claw,
          usage.input_tokens,
          usage.output_tokens,
          message,
          (request as { model?: { model?: unknown } }).model?.model,
        )
      }
      return result
    },
  }
}

interface Config {
  configurable?: object
  metadata?: object
}

interface Invokable {
  invoke(input: unknown, config: Config): unknown
}

/** What stays the same when the graph runs this call again, and only then: some models use the ids of calls twice. */
function keyOf({ toolCall: { id }, state, runtime }: ToolRequest): string | undefined {
  const thread = runtime.configurable?.thread_id
  if (!id || typeof thread !== 'string') return undefined
  const last = state?.messages?.at(-1) as { id?: unknown } | undefined
  return canonicalJson([thread, last?.id ?? null, id])
}

function keep(paused: Map<string, Allowed>, key: string, allowed: Allowed): void {
  paused.set(key, allowed)
  if (paused.size <= MOST) return
  const [[oldest, { open }]] = paused as unknown as [[string, Allowed]]
  paused.delete(oldest)
  void open.end({ error: new Error(`Was not resumed, and ${MOST} newer calls have paused.`) })
}

const asking = (action_id: string, { name, id = '' }: ToolCall): GraphInterruptValue => ({
  type: 'dashclaw_approval',
  action_id,
  tool: name,
  tool_call_id: id,
})

/**
 * The id of the action is made from the call, so a process that resumes the graph finds what was asked before; nothing else has to be
 * kept. Whether the person has said yes, and that nobody else runs it, is for the ticket to find out.
 */
async function durable(
  claw: MiddlewareClient,
  call: ToolCall,
  options: GovernOptions,
  context: CallContext,
  { runtime }: ToolRequest,
  key: string | undefined,
): Promise<Allowed> {
  const { digest } = await pin(call)
  const id = key && digest && (await sha256(key + digest))
  if (!id || !runtime.interrupt) {
    throw new InputError(
      'interrupt: true needs a checkpointer, a thread_id, ids of the tool calls, and WebCrypto.',
      'interrupt',
    )
  }
  const action_id = `act_${id}`
  const find = () => claw.getAction(action_id, { signal: context.signal })
  const found = await find().catch((error) => {
    if (isDashClawError(error, 'RouteNotFoundError') || !isDashClawError(error, 'NotFoundError')) throw error
    return undefined
  })
  if (!found) {
    try {
      return { open: await openCall(claw, call, { ...options, action_id, wait: false }, context), asked: 0 }
    } catch (error) {
      if (!isDashClawError(error, 'ApprovalPendingError')) throw error
    }
  }
  let asked = 0
  let action = found?.action
  while (!action || LIVE.test(action.status)) {
    asked++
    // Throws, until the graph is resumed. An approved call comes by here too: its value must not go to the tool's own interrupts.
    runtime.interrupt(asking(action_id, call))
    ;({ action } = await find())
    if (!action.status.startsWith('pending')) break
  }
  const expires_at = new Date(Date.parse(action.timestamp_start) + (options.ticketLifetime ?? DAY)).toISOString()
  const ticket = { v: 1, action_id, tool: call.name, input: call.input, digest, expires_at } as const
  const { check } = await pin(call)
  return {
    open: await opened(
      (work) => resume(claw, ticket, (_input, action) => work(action), { signal: context.signal }),
      check,
      context.signal,
    ),
    asked,
  }
}

/** LangChain takes nothing but its own messages, so it makes this one, as if the tool had said the text. */
async function denied<R extends ToolRequest, M>(
  request: R,
  handler: (request: R) => M | Promise<M>,
  text: string,
): Promise<M> {
  const tool = { name: request.toolCall.name, lc_runnable: true, invoke: async () => text }
  const message = await handler({ ...request, tool })
  const { lc_kwargs } = message as { lc_kwargs?: object }
  for (const part of [message, lc_kwargs]) if (part) Object.assign(part, { status: 'error' })
  return message
}
