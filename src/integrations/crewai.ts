import { summarize } from 'dashclaw'
import {
  type AgentClient,
  type AgentOptions,
  checkAgentOptions,
  done,
  instrument,
  nameOf,
  record,
} from './instrument.ts'
import { requireClient } from './kernel.ts'

export type { AgentClient, AgentOptions } from './instrument.ts'
export type { GovernOptions, ToolCall } from './kernel.ts'

/** What is read of a task that is done: CrewAI's `TaskOutput`, or a task of KaibanJS. */
export interface CrewTaskOutput {
  description?: string | null | undefined
  /** Who did it: its role, or the agent itself. */
  agent?: unknown
  raw?: unknown
  result?: unknown
}

interface Thinking {
  llmUsageStats: { inputTokens: number; outputTokens: number }
}
interface KaibanAgent {
  llmConfig: { model?: string | undefined } | undefined
}

/**
 * Governs the agents of a crew, as CrewAI, KaibanJS and their relatives have them: tasks and tools run only when they are allowed. Or it
 * only records what they did, with {@link taskCallback}.
 *
 * @example
 * const integration = new DashClawCrewIntegration(claw)
 * integration.instrumentAgent(researcher)
 */
export class DashClawCrewIntegration {
  readonly #claw: AgentClient
  readonly #options: AgentOptions

  /**
   * Records a task that is done, in the background, as a completed action. It blocks nothing, never
   * throws, and may be passed on as it is, such as to `new Crew({ task_callback: integration.taskCallback })`. The tasks of agents that are
   * instrumented are recorded already.
   *
   * @param output - CrewAI's output of the task, or the task itself.
   */
  readonly taskCallback: (output: CrewTaskOutput) => void

  /**
   * @param claw - The client whose agent acts.
   * @param options - How tasks and tool calls become actions.
   * @throws {InputError} When `claw` is no client with `track`.
   */
  constructor(claw: AgentClient, options: AgentOptions = {}) {
    requireClient(claw)
    checkAgentOptions(options)
    this.#claw = claw
    this.#options = options
    this.taskCallback = (output) => {
      const { description, agent, raw, result = raw } = output ?? {}
      const agent_name = nameOf(agent)
      record(claw, {
        action_type: 'other',
        agent_name,
        declared_goal: `${agent_name}: ${summarize(description, 500)}`,
        output_summary: summarize(result),
        status: 'completed',
      })
    }
  }

  /**
   * Governs an agent in place. Of these, what it has is asked for before it runs, and recorded with its outcome and duration:
   * `executeTask`, `execute`, `workOnTask`, `workOnFeedback`, `workOnTaskResume` (KaibanJS), `run`, `invoke`, `call`, and each of its `tools` that
   * is there now. They all give promises then. What the agent calls of itself before its first `await` is part of the call that is
   * allowed already. Tokens are reported where the agent tells them (KaibanJS does, for each answer of its model).
   *
   * A task that is not allowed throws as `governCall` does; the result of a tool that is not allowed is the text of `renderDenial`.
   *
   * @param agent - The agent. One that is governed already stays as it is.
   * @returns The same agent.
   * @throws {InputError} When it has no such method or tool, or can't be changed.
   */
  instrumentAgent<A extends object>(agent: A): A {
    instrument(this.#claw, agent, this.#options, {
      methods: ['executeTask', 'workOnTask', 'workOnTaskResume', 'workOnFeedback'],
      // KaibanJS tells there what its model answered.
      watched: 'handleThinkingEnd',
      watch: (answer) => {
        const report = ({ llmUsageStats: { inputTokens: tokens_in, outputTokens: tokens_out } }: Thinking) => {
          const { model } = (agent as Partial<KaibanAgent>).llmConfig ?? {}
          // It says -1 where the model said nothing.
          if (tokens_in > 0) this.#claw.queueTokenUsage({ tokens_in, tokens_out, model })
        }
        Promise.resolve(answer as Thinking)
          .then(report)
          .catch(() => {})
      },
    })
    return agent
  }

  /**
   * Makes an agent what it was, with calls that are under way still ending as they began.
   *
   * @param agent - The agent. One that is not governed stays as it is.
   * @returns The same agent.
   */
  unInstrument<A extends object>(agent: A): A {
    done.get(agent)?.()
    return agent
  }
}
