import { Core, checkedInput } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import type { RequestOptions } from '../core/types.ts'
import { reportTokens, type TokenReport } from '../governance/token-report.ts'
import { type WrapClientOptions, wrapClient } from '../governance/wrap-client.ts'

/** What may come with a reading of token use. */
export interface TokenUsageFacts {
  /** Default: the client's agent; null: a reading of the whole organization. */
  agent_id?: string | null | undefined
  /** Default: `unknown`. */
  model?: string | null | undefined
  /** Session that used the tokens. Default: the agent's id. Sent as `session_key`. */
  session_id?: string | null | undefined
  /** The server's name for `session_id`; goes first when both are given. */
  session_key?: string | null | undefined
  /** Tokens in the context now. Default: 0. */
  context_used?: number | null | undefined
  /** Tokens that fit into the context. Default, also for 0: 200,000. */
  context_max?: number | null | undefined
  /** Per cent left of the hour's quota. Default, also for 0: 100. */
  hourly_pct_left?: number | null | undefined
  /** Per cent left of the week's quota. Default, also for 0: 100. */
  weekly_pct_left?: number | null | undefined
  /** How often the context was compacted. Default: 0. */
  compactions?: number | null | undefined
}

/** Input of {@link Tokens.reportTokenUsage}: one of the two counts at least; the other one, and null, count as 0. Fractions are cut off. */
export type ReportTokenUsageInput = TokenUsageFacts &
  (
    | {
        /** Tokens that went into the model. */
        tokens_in: number | null
        /** Tokens that came out of it. */
        tokens_out?: number | null | undefined
      }
    | { tokens_in?: number | null | undefined; tokens_out: number | null }
  )

/** A reading of token use as it is stored. */
export interface TokenSnapshot {
  id: number
  org_id: string
  agent_id: string | null
  /** ISO 8601 in UTC. */
  timestamp: string
  tokens_in: number
  tokens_out: number
  context_used: number
  context_max: number
  /** `context_used` of `context_max` in whole per cent. */
  context_pct: number
  hourly_pct_left: number
  weekly_pct_left: number
  compactions: number
  model: string
  session_key: string
}

const REPORT =
  'reportTokenUsage POST /api/tokens agent_id@agentId tokens_in:num tokens_out:num model session_key session_id>session_key context_used:num context_max:num hourly_pct_left:num weekly_pct_left:num compactions:num'

/** How many tokens the agents use. */
export abstract class Tokens extends Core {
  /**
   * Reports the tokens that an agent used. The day's totals of the agent and of the organization go up by them; the dashboard's
   * cost is an estimate with one price for all models.
   *
   * @throws {InputError} When neither count is given.
   * Route: `POST /api/tokens`. Counts add up, so it is not repeated after an unclear failure. Not on newer servers.
   */
  async reportTokenUsage(input: ReportTokenUsageInput, options?: RequestOptions): Promise<{ snapshot: TokenSnapshot }> {
    const fields = checkedInput(this, REPORT, input)
    if (fields.tokens_in === undefined && fields.tokens_out === undefined) {
      throw new InputError('reportTokenUsage needs tokens_in or tokens_out.', 'tokens_in')
    }
    return this.call(REPORT, fields, options)
  }

  /**
   * Reports the tokens of one call of a model in the background: returns at once and never throws for the server's sake. The report is
   * retried, and delivered by `flush()`. A server without the route gets one warning in the log, and no further reports.
   *
   * @param report - `tokens_in` and `tokens_out`; `agent_id` is the client's agent unless given.
   * Route: `POST /api/tokens`.
   */
  queueTokenUsage(report: TokenReport): void {
    reportTokens(
      this,
      checkedInput(
        this,
        'queueTokenUsage POST /api/tokens tokens_in:num tokens_out:num model agent_id partial:bool',
        report,
      ),
    )
  }

  /**
   * Makes the client of a model provider report the tokens of each of its calls, as {@link reportTokenUsage} would.
   *
   * The client itself is changed and returned; answers, streams and errors stay what they were, and each call counts once, also
   * when the client is wrapped again (the first wrap holds, whichever agent's it was). Counted are, in every style of calling them
   * (streamed, parsed, `withResponse()`, `asResponse()`, helpers, tool runners, copies made by `withOptions()`):
   * - `openai`, and what is compatible with it: chat completions, completions, responses, embeddings
   * - `anthropic`: messages and beta messages
   * - `google`: `models.generateContent` and `generateContentStream`, and chats
   *
   * Cached, reasoning and tool tokens are part of the two counts. A stream of OpenAI's is asked for its usage, and the chunk with
   * it is kept from a caller who did not ask; hosts that refuse the field get the call as it was written, and are not counted. A
   * stream that is left, aborted or broken reports what it said so far, with `partial: true`; nothing, where it said nothing yet.
   *
   * Reports go out in the background: no call waits for one or fails with one, they are tried again, and `flush()` delivers them.
   * On servers without the route (newer ones) there is one warning, and no reports.
   *
   * @param llmClient - A client of `openai`, `@anthropic-ai/sdk` or `@google/genai`, or one with the same methods.
   * @param options - `provider`: whose client it is. Default: told from its methods.
   * @returns The same client.
   * @throws {InputError} When the client has none of the methods, or they can't be changed.
   * Route: `POST /api/tokens` after each call.
   */
  wrapClient<T>(llmClient: T, options?: WrapClientOptions): T {
    return wrapClient(this, llmClient, options)
  }
}
