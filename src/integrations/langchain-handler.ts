import { type DashClaw, errorText, InputError, summarize } from 'dashclaw'
import { renderDenial } from './denial.ts'
import type { ToolCall } from './kernel.ts'
import {
  type CallContext,
  checkOptions,
  type GovernOptions,
  MOST,
  type OpenCall,
  openCall,
  requireClient,
} from './kernel.ts'
import { ACTION_ID, isControlFlow, type ModelMessage, outcomeOf, report, seenBy } from './langchain-shared.ts'

/** What {@link DashClawCallbackHandler} needs of a client: `DashClaw`, or a composition that has `Actions` and `Tokens`. */
export type CallbackClient = Pick<DashClaw, 'track' | 'queueTokenUsage' | 'background'>

/** Options of {@link DashClawCallbackHandler}. Those about the action hold for calls of tools. */
export interface DashClawCallbackOptions extends GovernOptions {
  /**
   * `block` (default): a tool or model runs only when it is allowed, and waits for a person where a policy says so. `observe`: all
   * run at once, and are recorded in the background; what can't be recorded (a policy blocks or holds it, the server is away) is
   * logged. What a policy holds runs all the same, and stays in the approval queue.
   */
  mode?: 'block' | 'observe' | undefined
  /** Whether each call of a model is an action too: type `planning`, risk 10. False counts its tokens only. Default: true. */
  recordModels?: boolean | undefined
  /** Ends the waits for a person. LangChain gives handlers no signal of the run, so give it here, to a handler of that run. */
  signal?: CallContext['signal']
}

/** One run of LangChain's that has started. */
interface Run {
  parent: string | undefined
  /** Set where the middleware has asked for it. */
  action_id?: string | undefined
  open?: Promise<OpenCall> | undefined
  model?: string | undefined
}

type Metadata = Record<string, unknown> | undefined
type Named = { id?: readonly string[] }

/**
 * A callback handler for any runnable, model, tool or agent of LangChain: `invoke(input, { callbacks: [handler] })`.
 *
 * In mode `block` it stops a call by throwing before it starts, so `tool.invoke` rejects; in an agent, the model reads the error's
 * message, which is the text of `renderDenial`. Errors are {@link GuardBlockedError}, {@link ApprovalDeniedError},
 * {@link ApprovalTimeoutError}, {@link ApprovalPendingError}, and those of a server that can't be asked.
 *
 * Each call is an action with its outcome, and the child of the call that it runs in. Tokens are counted once a call, streamed or not;
 * cached answers are not counted. A handler may serve many runs at the same time. LangChain does not tell when a stream is left: of
 * calls that never end, the oldest are recorded as failed once there are 10,000.
 */
export class DashClawCallbackHandler {
  /** Name in LangChain's messages. */
  readonly name = 'DashClawCallbackHandler'
  /** LangChain waits for the handler: without it, nothing could be blocked. */
  readonly awaitHandlers = true
  /** Whether what the handler throws stops the call: true in mode `block`. */
  readonly raiseError: boolean
  readonly #claw: CallbackClient
  readonly #options: GovernOptions
  readonly #models: boolean
  readonly #root: string | undefined
  readonly #signal: CallContext['signal']
  readonly #runs = new Map<string, Run>()

  /**
   * @param claw - The client whose agent acts.
   * @param options - The mode, and how calls become actions.
   * @throws {InputError} When `claw` is no client, or `mode` is another word.
   */
  constructor(claw: CallbackClient, options: DashClawCallbackOptions = {}) {
    requireClient(claw)
    checkOptions(options, ['mode', 'recordModels', 'signal'], 'DashClawCallbackHandler')
    const { mode = 'block', recordModels = true, signal, parent_action_id, ...govern } = options
    if (mode !== 'block' && mode !== 'observe') throw new InputError("mode must be 'block' or 'observe'.", 'mode')
    this.raiseError = mode === 'block'
    this.#claw = claw
    this.#options = this.raiseError ? govern : { ...govern, wait: false }
    this.#models = recordModels
    this.#root = parent_action_id ?? undefined
    this.#signal = signal
  }

  /** LangChain copies handlers for child runs; they share one state here. */
  copy(): this {
    return this
  }

  /** Called by LangChain when a chain or graph starts, with the parent in this place, whatever its types say. */
  handleChainStart(_chain: unknown, _inputs: unknown, runId: string, parentRunId?: string): void {
    this.#add(runId, { parent: parentRunId })
  }

  /** Called by LangChain when a chain or graph has ended. */
  handleChainEnd(_outputs: unknown, runId: string): void {
    this.#runs.delete(runId)
  }

  /** Called by LangChain when a chain or graph has failed. */
  handleChainError(_error: unknown, runId: string): void {
    this.#runs.delete(runId)
  }

  /** Called by LangChain right before a tool runs. What it throws stops the tool in mode `block`. */
  async handleToolStart(
    tool: Named,
    input: string,
    runId: string,
    parentRunId?: string,
    _tags?: string[],
    metadata?: Metadata,
    runName?: string,
    toolCallId?: string,
  ): Promise<void> {
    const call = { name: runName ?? tool.id?.at(-1) ?? 'tool', input: parsed(input), id: toolCallId }
    const governed = metadata?.[ACTION_ID]
    // The middleware has asked for this very call. Whatever the tool starts itself does not find it there any more.
    if (typeof governed === 'string' && seenBy(this.#claw).starting.delete(governed)) {
      return this.#add(runId, { parent: parentRunId, action_id: governed })
    }
    if (this.#options.skip?.(call)) return this.#add(runId, { parent: parentRunId })
    await this.#start(runId, { parent: parentRunId }, call, this.#options, metadata)
  }

  /** Called by LangChain with what a tool gave: writes the outcome. */
  handleToolEnd(output: unknown, runId: string): Promise<void> {
    return this.#end(runId, outcomeOf(output))
  }

  /** Called by LangChain with what a tool threw: writes the outcome. */
  handleToolError(error: unknown, runId: string): Promise<void> {
    return this.#end(runId, isControlFlow(error) ? { output: `${error.name}: goes on in the graph` } : { error })
  }

  /** Called by LangChain right before a chat model is called. */
  handleChatModelStart(
    llm: Named,
    messages: readonly (readonly { content: unknown }[])[],
    runId: string,
    parentRunId?: string,
    _extra?: unknown,
    _tags?: string[],
    metadata?: Metadata,
  ): Promise<void> {
    return this.#startModel(llm, messages[0]?.at(-1)?.content, runId, parentRunId, metadata)
  }

  /** Called by LangChain right before a model for text is called. */
  handleLLMStart(
    llm: Named,
    prompts: readonly string[],
    runId: string,
    parentRunId?: string,
    _extra?: unknown,
    _tags?: string[],
    metadata?: Metadata,
  ): Promise<void> {
    return this.#startModel(llm, prompts[0], runId, parentRunId, metadata)
  }

  /** Called by LangChain with the answers of a model: counts the tokens once, and writes the outcome. */
  handleLLMEnd(
    output: { generations: readonly (readonly object[])[]; llmOutput?: Record<string, unknown> | undefined },
    runId: string,
    _parentRunId?: string,
    _tags?: string[],
    extra?: Record<string, unknown>,
  ): Promise<void> {
    const answers = output.generations.flat() as Answer[]
    if (!extra?.['cached']) this.#count(answers, output.llmOutput, this.#runs.get(runId)?.model)
    const { text, message } = answers[0] ?? {}
    return this.#end(runId, { output: message?.tool_calls?.length ? message.tool_calls : text || message?.content })
  }

  /** Called by LangChain when a call of a model has failed: writes the outcome. */
  handleLLMError(error: unknown, runId: string): Promise<void> {
    return this.#end(runId, { error })
  }

  #startModel(llm: Named, asked: unknown, runId: string, parent: string | undefined, metadata: Metadata) {
    const model = metadata?.['ls_model_name']
    const name = typeof model === 'string' ? model : (llm.id?.at(-1) ?? 'model')
    const run: Run = { parent, model: typeof model === 'string' ? model : undefined }
    if (!this.#models) return Promise.resolve(this.#add(runId, run))
    const { agent_id, agent_name, swarm_id, wait, approvalTimeout, onPending } = this.#options
    const options: GovernOptions = {
      agent_id,
      agent_name,
      swarm_id,
      wait,
      approvalTimeout,
      onPending,
      declared_goal: `Call model ${name}`,
      authorization_scope: `model:${name}`,
      risk_score: 10,
    }
    return this.#start(runId, run, { name, input: summarize(asked) ?? '' }, options, metadata, 'planning')
  }

  async #start(
    runId: string,
    run: Run,
    call: ToolCall,
    options: GovernOptions,
    metadata: Metadata,
    action_type?: string,
  ): Promise<void> {
    const open = this.#parentOf(run, metadata).then((parent_action_id) =>
      openCall(this.#claw, call, options, { signal: this.#signal, parent_action_id, action_type }),
    )
    this.#add(runId, { ...run, open })
    if (!this.raiseError) return this.#later(`record of ${call.name}`, open)
    try {
      await open
    } catch (error) {
      this.#runs.delete(runId)
      // Agents show the model the message of what a tool threw.
      const text = renderDenial(error, action_type ? undefined : call.name)
      if (text) (error as Error).message = text
      throw error
    }
  }

  /** The action of the nearest run around this one. */
  async #parentOf({ parent }: Run, metadata: Metadata): Promise<string | undefined> {
    for (let run = this.#runs.get(parent ?? ''); run; run = this.#runs.get(run.parent ?? '')) {
      // Of an observed run it may not be known yet.
      const action_id = run.action_id ?? (await run.open?.catch(() => undefined))?.action.action_id
      if (action_id) return action_id
    }
    const outer = metadata?.[ACTION_ID]
    return typeof outer === 'string' ? outer : this.#root
  }

  #add(runId: string, run: Run): void {
    this.#runs.set(runId, run)
    if (this.#runs.size <= MOST) return
    const [oldest] = this.#runs.keys()
    void this.#end(oldest!, { error: new Error(`No end was seen, and ${MOST} newer calls have begun.`) })
  }

  async #end(runId: string, outcome: Parameters<OpenCall['end']>[0]): Promise<void> {
    const open = this.#runs.get(runId)?.open
    this.#runs.delete(runId)
    // A call that could not be opened has no outcome; why was said when it was opened.
    const ended = open?.then(
      ({ end }) => end(outcome),
      () => {},
    )
    if (!ended || this.raiseError) return ended
    this.#later('outcome of an observed call', ended)
  }

  /** Goes on while the call runs; `flush()` waits for it. It is not tried again: what was sent may have arrived. */
  #later(what: string, work: Promise<unknown>): void {
    this.#claw.background(what, () =>
      work.catch((error) => {
        throw new InputError(errorText(error))
      }),
    )
  }

  #count(answers: readonly Answer[], llmOutput: Record<string, unknown> | undefined, model: string | undefined): void {
    // Several answers come from one request, and each says what all of it used.
    const message = answers.find((answer) => answer.message?.usage_metadata)?.message
    const usage = message?.usage_metadata
    if (usage) {
      seenBy(this.#claw).counted.add(usage)
      return report(this.#claw, usage.input_tokens, usage.output_tokens, message, model)
    }
    const { promptTokens, completionTokens } = (llmOutput?.['tokenUsage'] ?? {}) as Record<string, number | undefined>
    if (promptTokens || completionTokens) report(this.#claw, promptTokens, completionTokens, {}, model)
  }
}

interface Answer {
  text?: string
  message?: ModelMessage & { content?: unknown; tool_calls?: readonly unknown[] }
}

/** LangChain hands over objects as JSON, and texts as they are. */
function parsed(input: string): unknown {
  if (!input.startsWith('{')) return input
  try {
    return JSON.parse(input)
  } catch {
    return input
  }
}
