import { expectTypeOf } from 'vitest'
import type { TokenSnapshot, Tokens } from '../../src/domains/tokens.ts'

declare const claw: Tokens

expectTypeOf(claw.reportTokenUsage({ tokens_in: 1, tokens_out: 2 })).resolves.toEqualTypeOf<{
  snapshot: TokenSnapshot
}>()
claw.reportTokenUsage({ tokens_in: 1 })
claw.reportTokenUsage({ tokens_out: null, model: 'm', session_id: 's', agent_id: null })
claw.reportTokenUsage({
  tokens_out: 2,
  context_used: 1,
  context_max: 2,
  hourly_pct_left: 80,
  weekly_pct_left: 5.5,
  compactions: 1,
})
// @ts-expect-error one of the counts is required
claw.reportTokenUsage({ model: 'm' })
// @ts-expect-error undefined is no count
claw.reportTokenUsage({ tokens_in: undefined })
// @ts-expect-error a number
claw.reportTokenUsage({ tokens_in: '1' })
// @ts-expect-error a text
claw.reportTokenUsage({ tokens_in: 1, session_key: 7 })

expectTypeOf<TokenSnapshot['agent_id']>().toEqualTypeOf<string | null>()

expectTypeOf(claw.queueTokenUsage({ tokens_in: 1, tokens_out: 2, model: 'm', agent_id: null })).toEqualTypeOf<void>()
// @ts-expect-error both counts are known after a call
claw.queueTokenUsage({ tokens_in: 1 })

expectTypeOf(claw.background('report', async () => 1)).toEqualTypeOf<void>()
// @ts-expect-error the work is called again for each try
claw.background('report', Promise.resolve())

const llm = { messages: { create: async (body: { model: string }) => body } }
expectTypeOf(claw.wrapClient(llm, { provider: 'anthropic' })).toEqualTypeOf<typeof llm>()
// @ts-expect-error providers that are known
claw.wrapClient(llm, { provider: 'cohere' })
