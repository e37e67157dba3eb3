import { expectTypeOf } from 'vitest'
import { type JsonText, type NumberText, type Open, parseJsonText } from '../../src/core/types.ts'
import type {
  CreatedScore,
  EvalRun,
  EvalRunDetails,
  EvalRunStatus,
  EvalScore,
  EvalStats,
  Evaluations,
  Scorer,
  ScorerType,
} from '../../src/domains/evaluations.ts'

declare const claw: Evaluations
const options = { timeout: 1_000 }

// createScore
expectTypeOf(
  claw.createScore({ action_id: 'act_1', scorer_name: 's', score: 1 }, options),
).resolves.toEqualTypeOf<CreatedScore>()
claw.createScore({ action_id: 'act_1', scorer_name: 's', score: 0, label: null, evaluated_by: 'me', metadata: null })
// @ts-expect-error score is required
claw.createScore({ action_id: 'act_1', scorer_name: 's' })
// @ts-expect-error a score is a number
claw.createScore({ action_id: 'act_1', scorer_name: 's', score: '1' })
// @ts-expect-error action_id is required
claw.createScore({ scorer_name: 's', score: 1 })

// getScores, iterateScores
expectTypeOf(claw.getScores({ min_score: 0.5, limit: 1 }, options)).resolves.toEqualTypeOf<{
  scores: EvalScore[]
  total: number
}>()
expectTypeOf(claw.iterateScores({ agent_id: 'a' }, options)).toEqualTypeOf<AsyncGenerator<EvalScore, void, undefined>>()
// @ts-expect-error a bound is a number
claw.getScores({ min_score: '0.5' })
// @ts-expect-error a filter is not null
claw.iterateScores({ agent_id: null })
expectTypeOf<EvalScore['metadata']>().toEqualTypeOf<JsonText<Record<string, unknown>> | null>()

// createScorer
expectTypeOf(
  claw.createScorer({ name: 'n', scorer_type: 'regex', config: { pattern: 'x' } }, options),
).resolves.toEqualTypeOf<{
  id: string
  name: string
  scorer_type: ScorerType
  warning?: string
}>()
claw.createScorer({ name: 'n', scorer_type: 'numeric_range', config: '{}' })
// @ts-expect-error the type is not in the server's list
claw.createScorer({ name: 'n', scorer_type: 'vibes' })
// @ts-expect-error name is required
claw.createScorer({ scorer_type: 'regex' })
// @ts-expect-error the config is that of another type
claw.createScorer({ name: 'n', scorer_type: 'contains', config: { pattern: 'x' } })

// getScorers
expectTypeOf(claw.getScorers(options)).resolves.toEqualTypeOf<{ scorers: Scorer[]; llm_available: boolean }>()
expectTypeOf<Scorer['total_scores']>().toEqualTypeOf<NumberText>()
// @ts-expect-error there are no filters
claw.getScorers({ scorer_type: 'regex' })

// updateScorer
expectTypeOf(claw.updateScorer('es_1', { description: null, config: { min: 1 } }, options)).resolves.toEqualTypeOf<{
  updated: boolean
}>()
// @ts-expect-error a scorer keeps its type
claw.updateScorer('es_1', { scorer_type: 'regex' })
// @ts-expect-error a name is not null
claw.updateScorer('es_1', { name: null })

// deleteScorer
expectTypeOf(claw.deleteScorer('es_1', options)).resolves.toEqualTypeOf<{ deleted: boolean }>()
// @ts-expect-error the id is required
claw.deleteScorer()

// createEvalRun
expectTypeOf(
  claw.createEvalRun({ name: 'n', scorer_id: 'es_1', action_filters: null }, options),
).resolves.toEqualTypeOf<{
  id: string
  name: string
  status: Open<EvalRunStatus>
  created_at: string
}>()
// @ts-expect-error scorer_id is required
claw.createEvalRun({ name: 'n' })
// @ts-expect-error an agent is a text
claw.createEvalRun({ name: 'n', scorer_id: 'es_1', action_filters: { agent_id: 1 } })

// getEvalRuns, iterateEvalRuns, getEvalRun
expectTypeOf(claw.getEvalRuns({ status: 'completed' }, options)).resolves.toEqualTypeOf<{ runs: EvalRun[] }>()
expectTypeOf(claw.iterateEvalRuns({ limit: 5 }, options)).toEqualTypeOf<AsyncGenerator<EvalRun, void, undefined>>()
expectTypeOf(claw.getEvalRun('er_1', options)).resolves.toEqualTypeOf<EvalRunDetails>()
// @ts-expect-error a limit is a number
claw.getEvalRuns({ limit: '5' })
// @ts-expect-error a limit is a number
claw.iterateEvalRuns({ limit: '5' })
// @ts-expect-error the id is required
claw.getEvalRun()
expectTypeOf(parseJsonText({} as EvalRun['summary'])).toEqualTypeOf<{
  scored: number
  errors: number
  avg_score: number | null
} | null>()

// getEvalStats
expectTypeOf(claw.getEvalStats({ days: 7, scorer_name: 's' }, options)).resolves.toEqualTypeOf<EvalStats>()
// @ts-expect-error days are a number
claw.getEvalStats({ days: '7' })
