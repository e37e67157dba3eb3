import { summarize } from 'dashclaw'
import {
  type AgentClient,
  type AgentOptions,
  checkAgentOptions,
  done,
  instrument,
  nameOf,
  picture,
  record,
} from './instrument.ts'
import { requireClient } from './kernel.ts'

export type { AgentClient, AgentOptions } from './instrument.ts'
export type { GovernOptions, ToolCall } from './kernel.ts'

/** Figures of messages that were reported. */
const reported = /* @__PURE__ */ new WeakSet<object>()

/**
 * Governs conversation agents, as AutoGen and its relatives have them: `generateReply`, `onMessages`, `run` and the streams of these run
 * only when they are allowed, the agent's tools likewise, and each message that `receive` gets is recorded.
 *
 * @example
 * const integration = new DashClawAutoGenIntegration(claw)
 * integration.instrumentAgent(assistant)
 */
export class DashClawAutoGenIntegration {
  readonly #claw: AgentClient
  readonly #options: AgentOptions

  /**
   * @param claw - The client whose agent acts.
   * @param options - How replies and tool calls become actions.
   * @throws {InputError} When `claw` is no client with `track`.
   */
  constructor(claw: AgentClient, options: AgentOptions = {}) {
    requireClient(claw)
    checkAgentOptions(options)
    this.#claw = claw
    this.#options = options
  }

  /**
   * Governs an agent in place. Of these, what it has is asked for before it runs, and recorded with its outcome and duration:
   * `generateReply`, `onMessages`, `onMessagesStream`, `run`, `runStream`, `execute`, `invoke`, `call`, and each tool of
   * `tools` or `functionMap` that is there now. They all give promises then (the streams stay streams). What the agent calls of
   * itself before its first `await` is part of the call that is allowed already.
   *
   * `receive` does what it did, and each message is recorded in the background as a completed action of type `message`. Tokens are
   * reported where messages have `modelsUsage`, each figure once.
   *
   * A reply that is not allowed is the text of `renderDenial`; the other methods throw as `governCall` does.
   *
   * @param agent - The agent. One that is governed already stays as it is.
   * @returns The same agent.
   * @throws {InputError} When it has no such method or tool, or can't be changed.
   */
  instrumentAgent<A extends object>(agent: A): A {
    const agent_name = nameOf(agent)
    instrument(this.#claw, agent, this.#options, {
      methods: ['generateReply', 'onMessages', 'onMessagesStream', 'runStream'],
      watched: 'receive',
      watch: (_answer, [message, sender]) =>
        record(this.#claw, {
          action_type: 'message',
          agent_name,
          declared_goal: `${agent_name}: message from ${nameOf(sender)}`,
          input_summary: summarize(picture(message)),
          status: 'completed',
        }),
      worked: (answer) => {
        // An answer often holds the answers that it is made of.
        const parts = typeof answer === 'object' ? [answer, ...Object.values(answer ?? {})].flat() : []
        for (const part of parts) {
          const { modelsUsage } = Object(part) as { modelsUsage?: Record<string, number> | null }
          if (!modelsUsage || reported.has(modelsUsage)) continue
          reported.add(modelsUsage)
          const { promptTokens: tokens_in = 0, completionTokens: tokens_out = 0 } = modelsUsage
          this.#claw.queueTokenUsage({ tokens_in, tokens_out })
        }
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
