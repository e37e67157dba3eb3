import { groups, mean } from '../rules/statistics.ts'
import { integer, text } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import { error, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface FeedbackRow {
  id: string
  org_id: string
  action_id: string
  agent_id: string
  source: string
  rating: number | null
  sentiment: string
  category: string
  comment: string
  tags: string
  metadata: string
  resolved: boolean
  resolved_at: string | null
  resolved_by: string
  created_by: string
  created_at: string
}

const words = (list: string) => list.split(' ')
const POSITIVE = words(
  'great good excellent perfect love amazing helpful fast accurate well nice awesome thank works correct impressive',
)
const NEGATIVE = words(
  'bad wrong slow broken error fail terrible awful poor worse useless annoying confusing incorrect bug crash',
)
const TAGS = Object.entries({
  performance: 'slow fast speed latency timeout lag',
  accuracy: 'wrong incorrect accurate correct mistake error',
  ux: 'confusing intuitive easy hard unclear simple',
  reliability: 'crash fail broken stable reliable bug',
  cost: 'expensive cheap cost token budget billing',
  security: 'security permission access credential leak exposure',
}).map(([tag, list]) => [tag, words(list)] as const)

/** The rating decides, and for the middle one, or none, the words of the comment. */
function sentimentOf(rating: number | null, comment: string): string {
  if (rating !== null && rating >= 4) return 'positive'
  if (rating !== null && rating <= 2) return 'negative'
  const found = (list: readonly string[]) => list.filter((word) => comment.includes(word)).length
  const difference = found(POSITIVE) - found(NEGATIVE)
  return difference > 0 ? 'positive' : difference < 0 ? 'negative' : 'neutral'
}

const FAULT = 'Failed to create feedback'
const rowsOf = (ctx: Context) => ctx.table<FeedbackRow>('feedback')
const rowOf = (ctx: Context) => rowsOf(ctx).find(({ id }) => id === ctx.params['feedback_id'])

function create(ctx: Context): Response {
  const { fields } = ctx
  const rating = fields['rating'] ? Number(fields['rating']) : null
  const comment = text(fields['comment']) ?? ''
  if (rating === null && !comment) return error(400, 'rating or comment is required')
  if (rating !== null && (rating < 1 || rating > 5)) return error(400, 'rating must be 1-5')
  const lower = comment.toLowerCase()
  const given = fields['tags'] ?? []
  if (typeof given !== 'string' && !Array.isArray(given)) return error(500, FAULT)
  const tags = [
    ...new Set([
      ...(given as Iterable<string>),
      ...TAGS.filter(([, list]) => list.some((word) => lower.includes(word))).map(([tag]) => tag),
    ]),
  ]
  const row: FeedbackRow = {
    id: hexId('fb_'),
    org_id: ctx.org.id,
    action_id: text(fields['action_id']) ?? '',
    agent_id: text(fields['agent_id']) ?? '',
    source: text(fields['source'] || 'user')!,
    rating: rating === null ? null : integer(rating),
    sentiment: sentimentOf(rating, lower),
    category: text(fields['category'] || 'general')!,
    comment,
    tags: JSON.stringify(tags),
    metadata: JSON.stringify(fields['metadata'] ?? {}),
    resolved: false,
    resolved_at: null,
    resolved_by: '',
    created_by: 'user',
    created_at: ctx.iso(),
  }
  rowsOf(ctx).push(row)
  return json(201, { id: row.id, sentiment: row.sentiment, tags })
}

/** Filters do not combine: the first that is given wins, and only an agent's are narrowed by category. */
function list(ctx: Context): Response {
  const pages = page(ctx.query)
  if (!pages) return error(500, 'Failed to fetch feedback')
  const { action_id, agent_id, category, sentiment, resolved } = ctx.query
  const matches = (row: FeedbackRow) => {
    if (action_id) return row.action_id === action_id
    if (agent_id) return row.agent_id === agent_id && (!category || row.category === category)
    if (sentiment) return row.sentiment === sentiment
    return !resolved || row.resolved === (resolved === 'true')
  }
  const feedback = [...rowsOf(ctx)]
    .reverse()
    .filter(matches)
    .slice(pages.offset, pages.offset + pages.limit)
  return json(200, { feedback, total: feedback.length })
}

function stats(ctx: Context): Response {
  const rows = rowsOf(ctx)
  // The older line counts tags in a column that holds texts.
  if (ctx.version === '2.0' && rows.length) return error(500, 'Failed to fetch feedback stats')
  const { agent_id } = ctx.query
  const own = rows.filter((row) => !agent_id || row.agent_id === agent_id)
  const count = (list: readonly FeedbackRow[], sentiment: string) =>
    String(list.filter((row) => row.sentiment === sentiment).length)
  const average = (list: readonly FeedbackRow[]) => {
    const ratings = list.flatMap(({ rating }) => (rating === null ? [] : [rating]))
    return ratings.length ? mean(ratings).toFixed(2) : null
  }
  const most = <T>(found: Map<string, T[]>, limit: number) =>
    [...found].sort((a, b) => b[1].length - a[1].length).slice(0, limit)
  const since = ctx.clock.now() - DAY
  const tags = rows.flatMap((row) => JSON.parse(row.tags) as string[])
  return json(200, {
    overall: {
      total_feedback: String(own.length),
      avg_rating: average(own),
      positive_count: count(own, 'positive'),
      negative_count: count(own, 'negative'),
      neutral_count: count(own, 'neutral'),
      unresolved_count: String(own.filter(({ resolved }) => !resolved).length),
      today_count: String(own.filter(({ created_at }) => Date.parse(created_at) >= since).length),
    },
    by_category: most(
      groups(rows, (row) => row.category),
      10,
    ).map(([category, found]) => ({ category, count: String(found.length), avg_rating: average(found) })),
    by_agent: most(
      groups(
        rows.filter((row) => row.agent_id),
        (row) => row.agent_id,
      ),
      10,
    ).map(([agent, found]) => ({
      agent_id: agent,
      count: String(found.length),
      avg_rating: average(found),
      positive: count(found, 'positive'),
      negative: count(found, 'negative'),
    })),
    rating_distribution: [1, 2, 3, 4, 5].flatMap((rating) => {
      const found = rows.filter((row) => row.rating === rating).length
      return found ? [{ rating, count: String(found) }] : []
    }),
    top_tags: most(
      groups(tags, (tag) => tag),
      15,
    ).map(([tag, found]) => ({ tag, count: String(found.length) })),
  })
}

const PATH = '/api/feedback'
const UNKNOWN = 'Feedback not found'

/** Ratings and comments. */
export const feedback: Route[] = [
  route('POST', PATH, saving(FAULT, create)),
  route('GET', PATH, list),
  route('GET', `${PATH}/stats`, stats),
  route('GET', `${PATH}/:feedback_id`, (ctx) => {
    const row = rowOf(ctx)
    return row ? json(200, row) : error(404, UNKNOWN)
  }),
  route(
    'PATCH',
    `${PATH}/:feedback_id`,
    saving('Failed to resolve feedback', (ctx) => {
      const row = rowOf(ctx)
      if (!row) return error(404, UNKNOWN)
      Object.assign(row, {
        resolved: true,
        resolved_at: ctx.iso(),
        resolved_by: text(ctx.fields['resolved_by'] || 'user'),
      })
      return json(200, row)
    }),
  ),
  route('DELETE', `${PATH}/:feedback_id`, (ctx) => {
    const rows = rowsOf(ctx)
    const at = rows.findIndex(({ id }) => id === ctx.params['feedback_id'])
    if (at >= 0) rows.splice(at, 1)
    return json(200, { deleted: true })
  }),
]
