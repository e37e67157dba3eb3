import { canonicalJson, type DashClaw, InputError } from 'dashclaw'
import { renderDenial } from './denial.ts'
import {
  type CallContext,
  checkNames,
  checkOptions,
  type GovernOptions,
  MOST,
  type OpenCall,
  openCall,
  opened,
  pin,
  requireClient,
  runCall,
  skips,
  type ToolCall,
  type ToolClient,
} from './kernel.ts'
import { type resume, type Ticket, type TicketClient, ToolHeldError } from './ticket.ts'

export type { GovernOptions, ToolClient } from './kernel.ts'

/** Options of {@link governTools}. */
export interface GovernToolsOptions extends GovernOptions {
  /**
   * Names of tools whose `execute` returns an async iterable and is no `async function*` (those are known by themselves). Without it
   * such a tool gives its last value only.
   */
  streaming?: readonly string[] | undefined
}

type Allowed = Pick<OpenCall, 'check' | 'end'>

/** What the places of one client share. */
interface Desk {
  /** Allowed calls, on their way from the place that asked to the place that runs them. */
  calls: Set<{ key: string; open: Allowed }>
  /** Whether telemetry sees the runs of all tools. */
  observed?: boolean
}

const desks = /* @__PURE__ */ new WeakMap<object, Desk>()
const governed = /* @__PURE__ */ new WeakMap<object, ToolClient>()

function deskOf(claw: object): Desk {
  const desk = desks.get(claw) ?? { calls: new Set() }
  desks.set(claw, desk)
  return desk
}

/** Leaves a call for another place. Of more than {@link MOST} that nobody took, the oldest ends. */
function put({ calls }: Desk, key: string, open: Allowed): () => void {
  const entry = { key, open }
  calls.add(entry)
  const [oldest] = calls
  if (oldest && calls.size > MOST) {
    calls.delete(oldest)
    void oldest.open.end({ error: new Error('Allowed. Its run was not seen.') })
  }
  return () => calls.delete(entry)
}

/** The call, where another place has left it. */
function take({ calls }: Desk, key: string): Allowed | undefined {
  for (const entry of calls) {
    if (entry.key !== key) continue
    calls.delete(entry)
    return entry.open
  }
  return undefined
}

/** Takes over what another place has asked for, or asks. @throws What the model has to read. */
async function allowed(
  claw: ToolClient,
  call: ToolCall,
  options: GovernOptions,
  signal: CallContext['signal'],
): Promise<Allowed> {
  try {
    return take(deskOf(claw), canonicalJson(call)) ?? (await openCall(claw, call, options, { signal }))
  } catch (error) {
    const text = renderDenial(error, call.name)
    throw text === undefined ? error : new Error(text, { cause: error })
  }
}

type Execute = (input: unknown, context?: { toolCallId?: string; abortSignal?: CallContext['signal'] }) => unknown

const isIterable = (value: unknown): value is AsyncIterable<unknown> => !!value && Symbol.asyncIterator in Object(value)

async function* each(values: AsyncIterable<unknown>) {
  yield* values
}

/**
 * Governs the tools of an agent: each run is asked for, recorded with its arguments and outcome, held for a person where a policy says so,
 * and happens only when it is allowed. The call's `abortSignal` ends the wait. A call that {@link toolApproval} has allowed, or that
 * {@link telemetry} runs, for the same client is not asked for again. A tool that is governed already stays as it is.
 *
 * A run that is not allowed throws: the model reads the text of `renderDenial` as the tool's error, whose `cause` is the error of the client.
 * For `generateText`, `streamText` and agents of the AI SDK, and for the tools of `@ai-sdk/mcp`.
 *
 * @param claw - Client of the agent that uses the tools.
 * @param tools - Object of tools by name.
 * @param options - How calls become actions, and `streaming`.
 * @returns A copy, of the same type. Tools without `execute` (of the browser, or of a provider) are in it as they are: only
 * {@link toolApproval} can stop those.
 * @throws {InputError} For a client without `track`.
 */
export function governTools<T extends Record<string, object>>(
  claw: ToolClient,
  tools: T,
  { streaming, ...options }: GovernToolsOptions = {},
): T {
  requireClient(claw)
  checkOptions(options, ['streaming'], 'governTools')
  return Object.fromEntries(Object.entries(tools).map(([name, tool]) => [name, govern(name, tool)])) as T

  function govern(name: string, tool: { execute?: unknown }): object {
    const execute = tool.execute as Execute
    if (typeof execute !== 'function' || governed.get(execute) === claw) return tool
    const start: Execute = async (input, context) => {
      const call = { name, input, id: context?.toolCallId }
      const work = () => {
        const output = execute.call(tool, input, context)
        return isIterable(output) ? each(output) : output
      }
      return skips(options, call)
        ? work()
        : runCall(await allowed(claw, call, options, context?.abortSignal), call, work)
    }
    const run: Execute =
      streaming?.includes(name) ||
      (execute as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === 'AsyncGeneratorFunction'
        ? async function* (input, context) {
            const output = await start(input, context)
            yield* isIterable(output) ? output : [output]
          }
        : async (input, context) => {
            const output = await start(input, context)
            if (!isIterable(output)) return output
            let last: unknown
            for await (last of output);
            return last
          }
    governed.set(run, claw)
    return { ...tool, execute: run }
  }
}

/** Where {@link toolApproval} keeps the tickets of held calls: a `Map`, or your database. */
export interface TicketStore {
  /** @param toolCallId - Id of the call, as in the messages. */
  get(toolCallId: string): Ticket | undefined | null | Promise<Ticket | undefined | null>
  /** @param toolCallId - Id of the call. @param ticket - Plain JSON; `action_id` is what a person decides about. */
  set(toolCallId: string, ticket: Ticket): unknown
}

/** Options of {@link toolApproval}. */
export interface ToolApprovalOptions extends GovernOptions {
  /** Ends the wait for a person. Give the `abortSignal` of the call: the AI SDK does not pass it on to approvals. */
  signal?: CallContext['signal'] | undefined
  /** Needed with `wait: false`: keeps the tickets until the answer comes, such as a `new Map()` or a table. */
  tickets?: TicketStore | undefined
  /** Needed with `wait: false`: `resume` of `dashclaw/tools`, which runs what was approved once. */
  resume?: typeof resume | undefined
}

/** What {@link toolApproval} reads of the event that the AI SDK gives it. */
export interface ToolApprovalEvent {
  toolCall: { toolCallId: string; toolName: string; input?: unknown; providerExecuted?: boolean | undefined }
  tools?: object | undefined
  messages: readonly { role: string; content: unknown }[]
}

/** An answer to the AI SDK. */
export type ToolApprovalAnswer = 'not-applicable' | 'approved' | { type: 'denied' | 'user-approval'; reason: string }

/**
 * The `toolApproval` of `generateText`, `streamText` and `ToolLoopAgent` (AI SDK 7): asks before a tool runs, for every kind of tool. Blocked
 * and denied calls do not run, and the model reads why; a call that a person has to decide about waits, one after another.
 *
 * With `wait: false` it ends the generation with a `tool-approval-request` (`user-approval`) in place of waiting. When the messages come
 * back with an approval, the call runs only if the action was approved at DashClaw too (`claw.approveAction()`, or a person there), and
 * never twice; without that it is denied, as text for the model.
 *
 * The outcome is written by the place that runs the tool: {@link governTools} or {@link telemetry} with the same client. Without either the
 * action ends at once, and says that its run was not seen.
 *
 * @param claw - Client of the agent.
 * @param options - How calls become actions, `signal`, and `tickets`.
 * @returns A function for `toolApproval`. It throws where the client could not tell whether the call is allowed, so nothing runs.
 * @throws {InputError} For a client without `track`; for `wait: false` without `tickets` and `resume`.
 */
export function toolApproval(claw: ToolClient & Partial<TicketClient>, options: ToolApprovalOptions = {}) {
  requireClient(claw)
  checkOptions(options, ['signal', 'tickets', 'resume'], 'toolApproval')
  const { signal, tickets, resume, ...govern } = options
  if (govern.wait === false && !(tickets && resume)) {
    throw new InputError('wait: false needs tickets, and resume of dashclaw/tools.', 'tickets')
  }
  const desk = deskOf(claw)
  return async ({ toolCall, tools, messages }: ToolApprovalEvent): Promise<ToolApprovalAnswer> => {
    const { toolName: name, toolCallId: id, input } = toolCall
    const call = { name, input, id }
    if (skips(govern, call)) return 'not-applicable'
    // Whether the user of the app has answered: any answer of ours but `denied` runs the call then.
    const last = messages.at(-1)?.content
    const back = Array.isArray(last) && last.some((part) => part.type === 'tool-approval-response')
    try {
      const ticket = back && (await tickets?.get(id))
      const open =
        ticket && resume
          ? await redeem((work) => resume(claw as TicketClient, ticket, work, { signal }), ticket, call)
          : await openCall(claw, call, govern, { signal })
      const tool = (tools as Record<string, { execute?: unknown }> | undefined)?.[name]
      const seen = desk.observed || governed.get(Object(tool?.execute)) === claw
      if (seen && tool?.execute && !toolCall.providerExecuted) put(desk, canonicalJson(call), open)
      else await open.end({ output: 'Allowed. Its run was not seen.' })
      return 'approved'
    } catch (error) {
      const reason = renderDenial(error, name)
      if (reason === undefined) throw error
      if (!(error instanceof ToolHeldError)) return { type: 'denied', reason }
      await tickets?.set(id, error.ticket)
      return back ? { type: 'denied', reason } : { type: 'user-approval', reason: 'It needs an approval.' }
    }
  }
}

/** Opens the call of a ticket, when it was approved. */
async function redeem(
  run: (work: () => Promise<unknown>) => Promise<unknown>,
  { tool, input }: Ticket,
  call: ToolCall,
): Promise<Allowed> {
  const { check } = await pin({ name: tool, input })
  check(call)
  return opened<void>(run, check)
}

/** What the counting of tokens needs of a client: `DashClaw`, or a composition that has `Tokens`. */
export type UsageClient = Pick<DashClaw, 'queueTokenUsage'>

/** Options of {@link usageMiddleware}. */
export interface UsageOptions {
  /** The agent that is counted. Default: the client's. */
  agent_id?: string | undefined
}

type Count = number | { total?: number | undefined } | undefined | null
interface Usage {
  inputTokens?: Count
  outputTokens?: Count
}

function report(
  claw: UsageClient,
  { agent_id }: UsageOptions,
  usage: Usage | undefined | null,
  model: string | undefined,
) {
  const [tokens_in, tokens_out] = [usage?.inputTokens, usage?.outputTokens].map((count) =>
    typeof count === 'object' ? count?.total : count,
  )
  if (tokens_in || tokens_out)
    claw.queueTokenUsage({ tokens_in: tokens_in ?? 0, tokens_out: tokens_out ?? 0, model, agent_id })
}

interface ResponseFacts {
  modelId?: string | undefined
}

/**
 * Middleware for `wrapLanguageModel` that reports the tokens of each call of a model, streamed or not, in the background.
 * Cached and reasoning tokens are in the counts. Answers and streams stay what they are. A stream that is left before its last part is not
 * counted: the providers' counts come with that part.
 *
 * @param claw - Client of the agent that is counted.
 * @param options - `agent_id`: another agent.
 */
export function usageMiddleware(claw: UsageClient, options: UsageOptions = {}) {
  checkNames('usageMiddleware', options, ['agent_id'])
  const count = (usage: unknown, response: ResponseFacts | undefined, model: { modelId: string }) =>
    report(claw, options, usage as Usage, response?.modelId ?? model.modelId)
  return {
    /** Counts a call that answers in one piece. */
    async wrapGenerate<R extends { usage: object; response?: ResponseFacts | undefined }>({
      doGenerate,
      model,
    }: {
      doGenerate: () => PromiseLike<R>
      model: { modelId: string }
    }): Promise<R> {
      const result = await doGenerate()
      count(result.usage, result.response, model)
      return result
    },
    /** Counts a call that streams. */
    async wrapStream<R extends { stream: object }>({
      doStream,
      model,
    }: {
      doStream: () => PromiseLike<R>
      model: { modelId: string }
    }): Promise<R> {
      const result = await doStream()
      const stream = result.stream as ReadableStream<{ type: string; usage?: unknown } & ResponseFacts>
      let response: ResponseFacts | undefined
      const watch = new TransformStream<{ type: string; usage?: unknown } & ResponseFacts>({
        transform(part, controller) {
          if (part.type === 'response-metadata') response = part
          if (part.type === 'finish') count(part.usage, response, model)
          controller.enqueue(part)
        },
      })
      return { ...result, stream: stream.pipeThrough(watch) }
    },
  }
}

/** Options of {@link telemetry}. */
export interface TelemetryOptions extends GovernOptions {
  /** Ends the wait for a person. Give the `abortSignal` of the call: the AI SDK does not pass it on to telemetry. */
  signal?: CallContext['signal'] | undefined
  /** Whether tokens are reported. Default: true. */
  usage?: boolean | undefined
}

/** What {@link telemetry} reads of a run. */
export interface ToolRunEvent<T> {
  callId: string
  toolCallId: string
  toolCall?: { toolName: string; input?: unknown } | undefined
  execute: () => PromiseLike<T>
}

/** What {@link telemetry} reads of the end of a run. */
export interface ToolEndEvent {
  callId: string
  toolCall: { toolCallId: string }
  toolOutput: { type: string; output?: unknown }
}

/**
 * Integration for `telemetry: { integrations: [telemetry(claw)] }` or `registerTelemetry()` (AI SDK 7). It governs every tool that has an
 * `execute`, with no change of the tools, and **can stop them**: a denied run is a `tool-error` with the text of `renderDenial`. And it
 * reports the tokens of each call of a language model, once; give `usage: false` where {@link usageMiddleware} counts them. With
 * `recordOutputs: false` the AI SDK keeps the outcome's text from it, and with `recordInputs: false` the arguments: policies know the name of
 * the tool only then, and a call that {@link governTools} or {@link toolApproval} handles too is asked for twice.
 *
 * @param claw - Client of the agent. A global integration counts all agents of the process as this one.
 * @param options - How calls become actions, `signal`, and `usage: false` for no counting.
 * @throws {InputError} For a client without `track`.
 */
export function telemetry(claw: ToolClient & UsageClient, options: TelemetryOptions = {}) {
  requireClient(claw)
  checkOptions(options, ['signal', 'usage'], 'telemetry')
  const { signal, usage = true, ...govern } = options
  const desk = deskOf(claw)
  desk.observed = true
  return {
    /** Runs a tool when that is allowed. Throws what the model has to read otherwise. */
    async executeTool<T>({ callId, toolCallId: id, toolCall, execute }: ToolRunEvent<T>): Promise<T> {
      const call = { name: toolCall?.toolName ?? 'tool', input: toolCall?.input, id }
      if (skips(govern, call)) return execute()
      const { check, end } = await allowed(claw, call, govern, signal)
      const leave = put(desk, canonicalJson(call), { check, end: async () => {} })
      // What a run gave is told afterwards.
      const wait: Allowed['end'] = async (outcome) =>
        'error' in outcome ? end(outcome) : void put(desk, `${callId} ${id}`, { check, end })
      return runCall({ check, end: wait }, call, execute).finally(leave)
    },
    /** Writes the outcome of a run. */
    async onToolExecutionEnd({ callId, toolCall, toolOutput }: ToolEndEvent): Promise<void> {
      await take(desk, `${callId} ${toolCall.toolCallId}`)?.end({ output: toolOutput.output })
    },
    /** Reports the tokens of one call of a model. */
    onLanguageModelCallEnd(event: { modelId: string; usage: object }): void {
      if (usage) report(claw, {}, event.usage as Usage, event.modelId)
    },
  }
}
