import type { ActionRow } from '../state/rows.ts'
import { parseExpression } from './expression.ts'

export const SCORER_TYPES = ['regex', 'contains', 'numeric_range', 'custom_function', 'llm_judge'] as const
export type ScorerType = (typeof SCORER_TYPES)[number]

/** What a scorer says about an action. */
export interface Verdict {
  score: number
  label: string
  reasoning: string
}

/** Scores an action; null gives no score, and what is thrown counts as an error too. */
export type Judge = (action: ActionRow) => Verdict | null

/** The platform's actions have no such column, so this is empty unless a row was seeded with one. */
const outcomeOf = (action: ActionRow): string => String((action as { outcome?: unknown }).outcome ?? '')

type Config = Record<string, unknown>
const number = (config: Config, name: string, fallback: number): number =>
  (config[name] as number | null | undefined) ?? fallback

function regex(config: Config): Judge {
  const source = (config['pattern'] as string | null | undefined) ?? ''
  const pattern = new RegExp(source, (config['flags'] as string | null | undefined) ?? 'i')
  return (action) => {
    pattern.lastIndex = 0
    const matched = pattern.test(outcomeOf(action))
    return {
      score: matched ? number(config, 'match_score', 1) : number(config, 'no_match_score', 0),
      label: matched ? 'match' : 'no_match',
      reasoning: `Outcome ${matched ? 'matched' : 'did not match'} pattern /${source}/`,
    }
  }
}

function contains(config: Config): Judge {
  const keywords = ((config['keywords'] as unknown[] | null | undefined) ?? []).map(String)
  const mode = config['mode'] === 'all' ? 'all' : 'any'
  return (action) => {
    const outcome = outcomeOf(action).toLowerCase()
    const found = keywords.filter((word) => outcome.includes(word.toLowerCase()))
    const passed = mode === 'all' ? found.length === keywords.length : found.length > 0
    const missing = keywords.filter((word) => !found.includes(word))
    return {
      score: passed ? number(config, 'match_score', 1) : number(config, 'no_match_score', 0),
      label: passed ? 'contains' : 'missing',
      reasoning: passed
        ? `Found keywords: ${found.join(', ')}`
        : `Missing keywords (mode: ${mode}): ${missing.join(', ')}`,
    }
  }
}

function numericRange(config: Config): Judge {
  const field = (config['field'] as string | null | undefined) ?? 'risk_score'
  const min = number(config, 'min', Number.NEGATIVE_INFINITY)
  const max = number(config, 'max', Number.POSITIVE_INFINITY)
  return (action) => {
    const value = Object.hasOwn(action, field)
      ? Number.parseFloat(String(action[field as keyof ActionRow]))
      : Number.NaN
    if (Number.isNaN(value)) return null
    const inside = value >= min && value <= max
    return {
      score: inside ? number(config, 'in_range_score', 1) : number(config, 'out_of_range_score', 0),
      label: inside ? 'in_range' : 'out_of_range',
      reasoning: `${field}=${value} is ${inside ? '' : 'not '}in range [${min}, ${max}]`,
    }
  }
}

function customFunction(config: Config): Judge {
  const expression = parseExpression(String(config['expression'] ?? ''))
  return (action) => {
    const value = expression({
      outcome: outcomeOf(action),
      action_type: action.action_type,
      risk_score: Number(action.risk_score) || 0,
      declared_goal: action.declared_goal,
      status: action.status,
    })
    if (typeof value !== 'number' || Number.isNaN(value)) return null
    const score = Math.min(1, Math.max(0, value))
    return { score, label: score >= 0.5 ? 'pass' : 'fail', reasoning: `Custom expression returned ${score}` }
  }
}

/**
 * Makes the judge of a stored scorer.
 *
 * @throws When the config can't be read or used: then every action of a run is an error.
 */
export function judgeOf(type: ScorerType, config: string | null): Judge {
  const parsed = config === null ? {} : ((JSON.parse(config) as Config | null) ?? {})
  switch (type) {
    case 'regex':
      return regex(parsed)
    case 'contains':
      return contains(parsed)
    case 'numeric_range':
      return numericRange(parsed)
    case 'custom_function':
      return customFunction(parsed)
    case 'llm_judge':
      throw new Error('AI provider not configured')
  }
}
