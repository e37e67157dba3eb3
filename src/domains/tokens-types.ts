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
