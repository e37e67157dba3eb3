import type { ActionRow } from '../state/rows.ts'
import { parseExpression } from './expression.ts'
import { round } from './statistics.ts'

export interface ScaleRule {
  label?: string
  operator: string
  value: unknown
  score: number
}

export interface DimensionRow {
  id: string
  org_id: string
  profile_id: string
  name: string
  description: string | null
  weight: number | null
  data_source: string
  data_config: Record<string, unknown> | null
  scale: ScaleRule[] | null
  sort_order: number | null
  created_at: string
}

export interface DimensionScore {
  dimension_id: string
  dimension_name: string
  weight: number | null
  raw_value: unknown
  score: number | null
  label: string
}

type Fields = Record<string, unknown>

const given = (value: unknown) => value !== undefined && value !== null

/** What a dotted path leads to, own fields only. */
function at(from: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? (value as Fields)[part] : undefined,
      from,
    )
}

// An open quote runs to the end, so that no text is scanned twice.
const FIELD_OF_ACTION =
  /"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|'(?:[^'\\]|\\[\s\S])*(?:'|\\?$)|\baction((?:\??\.\w+\b(?!\s*\())+)/g

/**
 * The value of a function body that is one `return`. The platform runs any JavaScript here; this server knows expressions only,
 * so the fields of `action` become names first.
 *
 * @throws When the body is more than that, or an operation fails.
 */
function computed(body: string, action: Fields): unknown {
  const scope: Fields = {}
  const source = body.replace(FIELD_OF_ACTION, (text, path: string | undefined) => {
    if (path === undefined) return text
    const name = `field${Object.keys(scope).length}`
    scope[name] = at(action, path.replaceAll('?', '').slice(1))
    return name
  })
  return parseExpression(source.replace(/^\s*return\b/, '').replace(/;\s*$/, ''))(scope)
}

/** The number (or text) of an action that a dimension looks at; undefined without data. */
function rawValue({ data_source, data_config }: DimensionRow, action: Fields): unknown {
  const metadata = (action['metadata'] ?? {}) as Fields
  switch (data_source) {
    case 'risk_score':
      return action['risk_score']
    case 'tokens_total':
      return (
        Number(action['prompt_tokens'] ?? 0) + Number(action['completion_tokens'] ?? 0) ||
        metadata['tokens_total'] ||
        undefined
      )
    case 'metadata_field':
      return at(metadata, String(data_config?.['field'] ?? ''))
    case 'custom_function':
      try {
        return computed(String(data_config?.['function_body'] ?? ''), action)
      } catch {
        return undefined
      }
    default:
      return given(action[data_source]) ? action[data_source] : metadata[data_source]
  }
}

function fits({ operator, value }: ScaleRule, raw: unknown): boolean {
  // Texts are compared as they are, everything else as a number.
  const number = (typeof raw === 'string' ? raw : Number(raw)) as number
  switch (operator) {
    case 'lt':
      return number < (value as number)
    case 'lte':
      return number <= (value as number)
    case 'gt':
      return number > (value as number)
    case 'gte':
      return number >= (value as number)
    case 'eq':
      return number === value || String(number) === String(value)
    case 'between':
      return Array.isArray(value) && number >= value[0] && number <= value[1]
    case 'contains':
      return typeof raw === 'string' && raw.toLowerCase().includes(String(value).toLowerCase())
    default:
      return false
  }
}

/** The score of one dimension: the first step of its scale that fits. */
export function scoreDimension(dimension: DimensionRow, action: Fields): DimensionScore {
  const raw = rawValue(dimension, action)
  const about = { dimension_id: dimension.id, dimension_name: dimension.name, weight: dimension.weight }
  if (!given(raw)) return { ...about, raw_value: null, score: null, label: 'no_data' }
  const { scale } = dimension
  if (!Array.isArray(scale) || !scale.length) return { ...about, raw_value: raw, score: 50, label: 'unscaled' }
  const rule = scale.find((step) => fits(step, raw))
  return rule
    ? { ...about, raw_value: raw, score: rule.score, label: rule.label ?? 'matched' }
    : { ...about, raw_value: raw, score: Math.min(...scale.map(({ score }) => score)), label: 'default' }
}

/** One number from the dimensions that have one; undefined when none has, or their weights sum to nothing. */
export function composite(method: string | null, dimensions: readonly DimensionScore[]): number | undefined {
  const scored = dimensions.filter(
    (dimension): dimension is DimensionScore & { score: number } => dimension.score !== null,
  )
  const weights = scored.reduce((total, { weight }) => total + Number(weight), 0)
  if (!scored.length) return undefined
  if (method === 'minimum') return Math.min(...scored.map(({ score }) => score))
  if (!weights) return undefined
  if (method === 'geometric_mean') {
    if (scored.some(({ score }) => score === 0)) return 0
    return round(
      scored.reduce((product, { score, weight }) => product * score ** (Number(weight) / weights), 1),
      2,
    )
  }
  return round(scored.reduce((total, { score, weight }) => total + score * Number(weight), 0) / weights, 2)
}

const METRICS: Record<string, { lower: boolean; weight: number }> = {
  duration_ms: { lower: true, weight: 0.2 },
  cost_estimate: { lower: true, weight: 0.2 },
  tokens_total: { lower: true, weight: 0.1 },
  risk_score: { lower: true, weight: 0.3 },
  confidence: { lower: false, weight: 0.2 },
}

/** Scales and weights that the recent actions suggest. */
export function calibration(actions: readonly ActionRow[], metrics: readonly string[] | undefined): object[] {
  return (metrics ?? Object.keys(METRICS)).flatMap((metric) => {
    const about = METRICS[metric]
    if (!about) return []
    const values = actions
      .map((row) =>
        metric === 'tokens_total' ? row.tokens_in + row.tokens_out || null : row[metric as keyof ActionRow],
      )
      .filter((value): value is number => typeof value === 'number')
      .sort((a, b) => a - b)
    if (values.length < 5) return []
    const at = (part: number) => round(values[Math.min(values.length - 1, Math.floor(values.length * part))]!, 2)
    const [p25, p50, p75] = [at(0.25), at(0.5), at(0.75)]
    const step = (label: string, operator: string, value: number, score: number) => ({ label, operator, value, score })
    return [
      {
        metric,
        data_source: metric,
        lower_is_better: about.lower,
        sample_size: values.length,
        distribution: {
          p10: at(0.1),
          p25,
          p50,
          p75,
          p90: at(0.9),
          min: round(values[0]!, 2),
          max: round(values.at(-1)!, 2),
        },
        suggested_scale: about.lower
          ? [
              step('excellent', 'lte', p25, 100),
              step('good', 'lte', p50, 75),
              step('acceptable', 'lte', p75, 50),
              step('poor', 'gt', p75, 20),
            ]
          : [
              step('excellent', 'gte', p75, 100),
              step('good', 'gte', p50, 75),
              step('acceptable', 'gte', p25, 50),
              step('poor', 'lt', p25, 20),
            ],
        suggested_weight: about.weight,
      },
    ]
  })
}
