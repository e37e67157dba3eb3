import { InputError } from 'dashclaw'
import { renderDenial } from './denial.ts'
import type { ToolCall } from './kernel.ts'
import { checkOptions, requireClient } from './kernel.ts'
import {
  type AgentsClient,
  ask,
  begin,
  follow,
  keepHeld,
  OPENAI_OPTIONS,
  type OpenAIToolOptions,
  type Opened,
  parse,
  put,
  take,
} from './openai-agents-calls.ts'
import { governed, type OpenAIRun } from './openai-agents-observe.ts'

export type { CallContext, GovernOptions, ToolCall, ToolClient } from './kernel.ts'
export {
  needsApproval,
  type OpenAIInterruption,
  type OpenAIRunState,
  type Resolution,
  type ResolveOptions,
  resolveInterruptions,
} from './openai-agents-approvals.ts'
export type { AgentsClient, OpenAIToolOptions } from './openai-agents-calls.ts'
export {
  type ObserveClient,
  type ObservedAgent,
  type ObservedRunner,
  type ObserveOptions,
  type OpenAIRun,
  observe,
} from './openai-agents-observe.ts'
export type { TicketClient } from './ticket.ts'

/** A function tool of `@openai/agents`: of `tool()`, `agent.asTool()`, or an MCP server. */
export interface OpenAIFunctionTool {
  type: string
  name: string
  invoke(run: never, input: string, details?: never): Promise<unknown>
  needsApproval?: ((run: never, input: never, callId?: string) => Promise<boolean>) | undefined
  inputGuardrails?: readonly object[] | undefined
}

const FAILED = 'An error occurred while running the tool.'

/**
 * Makes a tool governed: each call of it is asked for, recorded, held for a person where a policy says so, and runs only when it is
 * allowed. The outcome has the duration and the result.
 *
 * The guard is asked by an input guardrail, after those that the tool has, so that its time is not part of the tool's
 * `timeoutMs`; a runner without tool guardrails asks when it invokes the tool. Which arguments are allowed is checked again right
 * before the run. Within an agent that is observed, actions are children of the agent's.
 *
 * @param claw - The client whose agent acts.
 * @param tool - A function tool. Hosted tools run at the provider, where nothing can stop them.
 * @param options - How calls become actions.
 * @returns A copy; the tool itself when it is governed already. An agent as a tool (`agent.asTool()`) is changed, not copied.
 * What its agent calls is governed by that agent's tools; when one of those interrupts the run, the agent's call is asked for
 * again as it goes on.
 * @throws {InputError} When it is no function tool.
 *
 * @example
 * const agent = new Agent({ name: 'Bot', tools: [governTool(claw, sendMail)] })
 */
export function governTool<T extends OpenAIFunctionTool>(
  claw: AgentsClient,
  tool: T,
  options: OpenAIToolOptions = {},
): T {
  requireClient(claw)
  checkOptions(options, OPENAI_OPTIONS)
  if (tool?.type !== 'function' || typeof tool.invoke !== 'function') {
    throw new InputError(`The tool "${tool?.name}" is no function tool, so its calls can't be governed here.`, 'tool')
  }
  if (governed.has(tool.invoke)) return tool
  const { name } = tool
  const { skip, onDeny, failed = (output) => typeof output === 'string' && output.startsWith(FAILED) } = options
  const callOf = (text: string, id?: string): ToolCall => ({ name, input: parse(text), id })
  const denied = (error: unknown): string => {
    const message = onDeny === 'throw' ? undefined : renderDenial(error, name)
    if (message === undefined) throw error
    return message
  }
  const open = async (run: OpenAIRun, call: ToolCall): Promise<Opened> => {
    const answer = call.id === undefined ? undefined : take(run, call.id)
    if (answer && 'denial' in answer) throw answer.denial
    return answer ?? begin(claw, run, call, options)
  }
  const guardrail = {
    type: 'tool_input' as const,
    name: 'dashclaw',
    async run({ context, toolCall }: { context: OpenAIRun; toolCall: { callId: string; arguments: string } }) {
      const call = callOf(toolCall.arguments, toolCall.callId)
      try {
        if (!skip?.(call)) put(context, toolCall.callId, await open(context, call), 0)
        return { behavior: { type: 'allow' as const } }
      } catch (error) {
        // The runner may check guardrails before it interrupts. `invoke` asks again, and refuses what is still undecided.
        if (options.wait === false && keepHeld(context, call, error)) return { behavior: { type: 'allow' as const } }
        return { behavior: { type: 'rejectContent' as const, message: denied(error) } }
      }
    },
  }
  type Details = { toolCall?: { callId: string }; signal?: AbortSignal } | undefined
  const run = tool.invoke as (run: OpenAIRun, input: string, details: Details) => Promise<unknown>
  const invoke: typeof run = async (context, input, details) => {
    const call = callOf(input, details?.toolCall?.callId)
    if (skip?.(call)) return run.call(tool, context, input, details)
    let action: Opened | undefined
    try {
      action = await open(context, call)
      action.check(call)
    } catch (error) {
      await action?.end({ error })
      return denied(error)
    }
    const { end, abort } = action
    const release = follow(details?.signal, (error) => {
      // The tool's own time limit is a failure of the tool.
      if ((error as Error | undefined)?.name !== 'ToolTimeoutError') abort(error)
      void end({ error })
    })
    try {
      const output = await run.call(tool, context, input, details)
      await end(failed(output, call) ? { error: output } : { output })
      return output
    } catch (error) {
      await end({ error })
      throw error
    } finally {
      release()
    }
  }
  governed.add(invoke)
  const asks = tool.needsApproval as ((...args: unknown[]) => Promise<boolean>) | undefined
  // The framework knows agents that are tools by the object, and restores what runs inside of them by it.
  const target = typeof (tool as { on?: unknown }).on === 'function' ? tool : { ...tool }
  return Object.assign(target, {
    invoke,
    inputGuardrails: [...(tool.inputGuardrails ?? []), guardrail],
    ...(options.wait === false && {
      async needsApproval(run: OpenAIRun, input: unknown, id?: string) {
        if (await asks?.call(tool, run, input, id)) return true
        const call = { name, input, id }
        if (id === undefined || skip?.(call)) return false
        const answer = await ask(claw, run, call, options)
        if ('held' in answer) return true
        put(run, id, 'open' in answer ? answer.open : answer, 30_000)
        return false
      },
    }),
  })
}

/**
 * {@link governTool} for each tool of a list.
 *
 * @param claw - The client whose agent acts.
 * @param tools - Function tools.
 * @param options - How calls become actions.
 * @throws {InputError} For a tool that can't be governed, such as a hosted one: list those apart.
 */
export function governTools<const T extends readonly OpenAIFunctionTool[]>(
  claw: AgentsClient,
  tools: T,
  options: OpenAIToolOptions = {},
): { -readonly [K in keyof T]: T[K] } {
  return tools.map((tool) => governTool(claw, tool, options)) as never
}
