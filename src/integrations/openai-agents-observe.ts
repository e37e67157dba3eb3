import { type DashClaw, InputError } from 'dashclaw'
import type { ToolCall } from './kernel.ts'
import {
  checkOptions,
  type GovernOptions,
  MOST,
  type OpenCall,
  openCall,
  requireClient,
  type ToolClient,
} from './kernel.ts'

/** What is read of a `RunContext` of `@openai/agents`. */
export interface OpenAIRun {
  /** What the run was given as `context`. */
  readonly context?: unknown
  readonly usage?: { inputTokens: number; outputTokens: number } | undefined
}

/** An `Agent`. */
export interface ObservedAgent {
  on(event: never, listener: (...args: never[]) => void): unknown
  off(event: never, listener: (...args: never[]) => void): unknown
}

/** A `Runner`. */
export interface ObservedRunner extends ObservedAgent {
  run(agent: never, input: never, options?: never): Promise<unknown>
}

/** Options of {@link observe}: fields of the actions of agents, and of tools that are not governed. */
export interface ObserveOptions
  extends Omit<GovernOptions, 'wait' | 'approvalTimeout' | 'onPending' | 'ticketLifetime'> {
  /** Name of the model in token reports. Default: the agent's `model`, where it is a name. */
  model?: string | undefined
  /** Gets what kept an action from being recorded. The run goes on. Default: nothing. */
  onError?: ((error: unknown) => void) | undefined
}

/** What observing needs of a client: `DashClaw`, or a composition that has `Actions` and `Tokens`. */
export type ObserveClient = ToolClient & Pick<DashClaw, 'queueTokenUsage'>

/** `invoke` of governed tools: they record themselves. */
export const governed = /* @__PURE__ */ new WeakSet<object>()

type Recorded = Promise<OpenCall | undefined>
type Outcome = Parameters<OpenCall['end']>[0]

/** The action of the agent that is at work in a run. */
const parents = /* @__PURE__ */ new WeakMap<object, Recorded>()

/** The action that those of a run belong to, when it is observed. */
export const parentOf = async (run: object): Promise<string | undefined> =>
  (await parents.get(run))?.action.action.action_id

/** What was reported of the usage of a run, whoever observes it. */
const counted = /* @__PURE__ */ new WeakMap<object, { input: number; output: number }>()

interface Agent {
  name: string
  model?: unknown
}
interface Tool {
  name: string
  invoke?: object
}
type Details = { toolCall: { callId?: string; id?: string; arguments?: string; action?: unknown; operation?: unknown } }
type Started = { run: OpenAIRun; agent: Agent; action: Recorded }

/**
 * Records what agents do: each agent's turn at the work is an action, from its start until it answers or hands off; each tool
 * that is not governed is one below it; the tokens that the run used are reported once. It only watches: to stop a tool, use
 * `governTool`.
 *
 * Runs that fail end their actions as failed when a runner is observed; the events of a single agent don't tell of failures, so theirs
 * end with the observing. Observe a runner or its agents, not both.
 *
 * @param claw - The client whose agent acts.
 * @param target - A `Runner`, which is followed through all its runs, or one `Agent`. The free function `run` has a runner that
 * nobody can reach.
 * @param options - Fields of the actions. Types are `other` for agents, and `tool` for tools.
 * @returns A function that ends the observing: open actions end as failed, tokens are reported. Resolves when all of it is written.
 * @throws {InputError} When the target has no events.
 */
export function observe(
  claw: ObserveClient,
  target: ObservedAgent | ObservedRunner,
  options: ObserveOptions = {},
): () => Promise<void> {
  requireClient(claw)
  checkOptions(options, ['model', 'onError'], 'observe')
  if (typeof target?.on !== 'function') throw new InputError('target must be a Runner or an Agent.', 'target')
  const { model, onError, ...govern } = options
  const open = new Map<string, Started>()
  const ending = new Set<Promise<unknown>>()
  const numbers = new WeakMap<OpenAIRun, number>()
  let runs = 0

  /** The key of an agent at work in a run, or of one of its calls. */
  const keyOf = (run: OpenAIRun, toolCall?: Details['toolCall']) => {
    if (!numbers.has(run)) numbers.set(run, ++runs)
    return `${numbers.get(run)} ${toolCall ? (toolCall.callId ?? toolCall.id) : ''}`
  }
  const end = (key: string, outcome: Outcome) => {
    const started = open.get(key)
    if (!started) return
    open.delete(key)
    const ended = started.action.then((action) => action?.end(outcome))
    ending.add(ended)
    void ended.finally(() => ending.delete(ended))
  }
  const start = (key: string, run: OpenAIRun, agent: Agent, call: ToolCall, fields: GovernOptions = {}) => {
    if (govern.skip?.(call)) return
    end(key, lost())
    const action = parentOf(run)
      .then((parent_action_id) => openCall(claw, call, { ...fields, ...govern, wait: false }, { parent_action_id }))
      .catch((error) => void onError?.(error))
    open.set(key, { run, agent, action })
    if (open.size > MOST) end(open.keys().next().value!, lost())
    return action
  }
  const count = (run: OpenAIRun, agent: Agent, first = false) => {
    const { usage } = run
    if (!usage) return
    const { inputTokens: input, outputTokens: output } = usage
    const seen = counted.get(usage)
    counted.set(usage, { input, output })
    // What a restored state brings along was reported where it ran.
    if (!seen && first) return
    const [tokens_in, tokens_out] = [input - (seen?.input ?? 0), output - (seen?.output ?? 0)]
    if (!tokens_in && !tokens_out) return
    claw.queueTokenUsage({
      tokens_in,
      tokens_out,
      model: model ?? (typeof agent.model === 'string' && agent.model ? agent.model : undefined),
    })
  }
  const close = (outcome: Outcome, of: (run: OpenAIRun) => boolean = () => true) => {
    for (const [key, started] of open) {
      if (!of(started.run)) continue
      count(started.run, started.agent)
      end(key, outcome)
    }
  }

  const isRunner = typeof (target as ObservedRunner).run === 'function'
  /** The events of an agent leave the agent out, except at its start. */
  const from = (rest: unknown[]) => (isRunner ? rest : [target, ...rest])
  const listeners: Record<string, (run: OpenAIRun, ...rest: unknown[]) => void> = {
    agent_start(run, agent, input) {
      const { name } = agent as Agent
      count(run, agent as Agent, true)
      const action = start(
        keyOf(run),
        run,
        agent as Agent,
        { name, input: input ?? null },
        {
          action_type: 'other',
          declared_goal: `Run agent ${name}`,
          authorization_scope: `agent:${name}`,
          risk_score: 10,
        },
      )
      if (action) parents.set(run, action)
    },
    agent_end(run, ...rest) {
      const [agent, output] = from(rest)
      count(run, agent as Agent)
      end(keyOf(run), { output })
    },
    agent_handoff(run, ...rest) {
      const [agent, next] = from(rest) as [Agent, Agent]
      count(run, agent)
      end(keyOf(run), { output: `Handed off to ${next.name}` })
    },
    agent_tool_start(run, ...rest) {
      const [agent, tool, { toolCall }] = from(rest) as [Agent, Tool, Details]
      count(run, agent, true)
      if (tool.invoke && governed.has(tool.invoke)) return
      const { arguments: text, action, operation } = toolCall
      start(keyOf(run, toolCall), run, agent, { name: tool.name, input: text ?? action ?? operation ?? null })
    },
    agent_tool_end(run, ...rest) {
      const [agent, , output, { toolCall }] = from(rest) as [Agent, Tool, unknown, Details]
      count(run, agent)
      end(keyOf(run, toolCall), { output })
    },
  }
  for (const [event, listener] of Object.entries(listeners)) target.on(event as never, listener as never)
  const unwatch = isRunner ? watchRuns(target as ObservedRunner, count, close) : () => {}
  return async () => {
    unwatch()
    for (const [event, listener] of Object.entries(listeners)) target.off(event as never, listener as never)
    close({ error: new Error('The observing ended before it did.') })
    await Promise.all(ending)
  }
}

const lost = (): Outcome => ({ error: new Error('Nobody told its end.') })

/**
 * No event tells that a run failed, or stopped for an approval: the promise of `run` does. Its context says which run it is, so a
 * run without one gets the empty one that it would have had.
 */
function watchRuns(
  runner: ObservedRunner,
  count: (run: OpenAIRun, agent: Agent, first?: boolean) => void,
  close: (outcome: Outcome, of: (run: OpenAIRun) => boolean) => void,
): () => void {
  const { run } = runner
  const own = Object.hasOwn(runner, 'run')
  /** How many runs share a context; which of them an action is of is then known when the last one ends. */
  const busy = new Map<unknown, number>()
  const watched = async (agent: Agent, input: unknown, options?: { context?: unknown }): Promise<unknown> => {
    const restored = (input as { _context?: OpenAIRun } | null)?._context
    if (restored) count(restored, agent, true)
    const context = restored ?? options?.context ?? {}
    busy.set(context, (busy.get(context) ?? 0) + 1)
    const settle = (outcome: Outcome) => {
      const others = busy.get(context)! - 1
      if (others) busy.set(context, others)
      else {
        busy.delete(context)
        close(outcome, (one) => one === context || one.context === context)
      }
    }
    const over = () => settle({ output: 'Interrupted' })
    const failed = (error: unknown) => settle({ error })
    try {
      const given = restored ? options : { ...options, context }
      const result = (await run.call(runner, agent as never, input as never, given as never)) as {
        completed?: Promise<void>
      }
      if (result.completed) void result.completed.then(over, failed)
      else over()
      return result
    } catch (error) {
      failed(error)
      throw error
    }
  }
  runner.run = watched as ObservedRunner['run']
  return () => {
    if (runner.run !== (watched as unknown)) return
    if (own) runner.run = run
    else delete (runner as Partial<ObservedRunner>).run
  }
}
