import { Core, checkedInput } from '../core/core.ts'
import { InputError } from '../core/errors.ts'
import type { RequestOptions } from '../core/types.ts'
import { reportTokens, type TokenReport } from './tokens-report.ts'
import type { ReportTokenUsageInput, TokenSnapshot } from './tokens-types.ts'
import { type WrapClientOptions, wrapClient } from './tokens-wrap-client.ts'

export type { TokenReport } from './tokens-report.ts'
export type * from './tokens-types.ts'
export type { WrapClientOptions } from './tokens-wrap-client.ts'

const REPORT =
  'reportTokenUsage@2 POST /api/tokens agent_id@agentId tokens_in:num tokens_out:num model session_key session_id>session_key context_used:num context_max:num hourly_pct_left:num weekly_pct_left:num compactions:num'

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
