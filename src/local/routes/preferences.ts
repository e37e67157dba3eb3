import { filled, integer, text } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import type { TableName } from '../state/tables.ts'
import { error, invalid, json } from './answers.ts'
import { page, tooLong } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface Row {
  id: string
  org_id: string
  user_id: string | null
  agent_id: string | null
  created_at: string
}

interface ObservationRow extends Row {
  observation: string
  category: string | null
  importance: number
}

interface PreferenceRow extends Row {
  preference: string
  category: string | null
  confidence: number
  last_validated: string | null
}

interface MoodRow extends Row {
  mood: string
  energy: string | null
  notes: string | null
}

interface ApproachRow extends Row {
  approach: string
  context: string | null
  success_count: number
  fail_count: number
  updated_at: string
}

const LIMITS = {
  observation: 2000,
  preference: 2000,
  mood: 200,
  approach: 2000,
  category: 200,
  context: 2000,
  notes: 2000,
  energy: 100,
}

const TYPES = ['observation', 'preference', 'mood', 'approach']

/** What all four kinds have; a key stands for no user. */
const row = (ctx: Context, prefix: string): Row => ({
  id: hexId(prefix),
  org_id: ctx.org.id,
  user_id: null,
  agent_id: filled(ctx.fields['agent_id']),
  created_at: ctx.iso(),
})

/** Makes the row of each kind and keeps it. */
const KINDS: Record<string, (ctx: Context) => Row> = {
  observation(ctx) {
    const { observation, category, importance } = ctx.fields
    const made: ObservationRow = {
      ...row(ctx, 'uo_'),
      observation: text(observation)!,
      category: filled(category),
      importance: integer(importance || 5),
    }
    ctx.table<ObservationRow>('observations').push(made)
    return made
  },
  preference(ctx) {
    const { preference, category, confidence } = ctx.fields
    const made: PreferenceRow = {
      ...row(ctx, 'up_'),
      preference: text(preference)!,
      category: filled(category),
      confidence: integer(confidence || 50),
      last_validated: null,
    }
    ctx.table<PreferenceRow>('preferences').push(made)
    return made
  },
  mood(ctx) {
    const { mood, energy, notes } = ctx.fields
    const made: MoodRow = { ...row(ctx, 'um_'), mood: text(mood)!, energy: filled(energy), notes: filled(notes) }
    ctx.table<MoodRow>('moods').push(made)
    return made
  },
  approach(ctx) {
    const { success } = ctx.fields
    const approach = text(ctx.fields['approach'])!
    const context = filled(ctx.fields['context'])
    const fresh = row(ctx, 'ua_')
    const rows = ctx.table<ApproachRow>('approaches')
    let known = rows.find((other) => other.approach === approach && other.agent_id === fresh.agent_id)
    if (!known) {
      known = { ...fresh, approach, context, success_count: 0, fail_count: 0, updated_at: fresh.created_at }
      rows.push(known)
    }
    known.context = context ?? known.context
    known.success_count += success === true ? 1 : 0
    known.fail_count += success === false ? 1 : 0
    known.updated_at = ctx.iso()
    return known
  },
}

function save(ctx: Context): Response {
  const type = ctx.fields['type'] as string
  if (!TYPES.includes(type)) return error(400, `type is required and must be one of: ${TYPES.join(', ')}`)
  const problems = tooLong(ctx.fields, LIMITS)
  if (problems.length) return invalid(problems)
  if (!ctx.fields[type]) return error(400, `${type} is required`)
  const made = KINDS[type]!(ctx)
  return json(201, { [type]: made, [`${type}_id`]: made.id })
}

function read(ctx: Context): Response {
  const { type = 'summary', agent_id } = ctx.query
  const rows = <T extends Row>(name: TableName) =>
    ctx
      .table<T>(name)
      .filter((one) => !agent_id || one.agent_id === agent_id)
      .reverse()
  const byConfidence = () => rows<PreferenceRow>('preferences').sort((a, b) => b.confidence - a.confidence)
  const bySuccess = () => rows<ApproachRow>('approaches').sort((a, b) => b.success_count - a.success_count)
  if (type === 'summary') {
    return json(200, {
      summary: {
        observations_count: rows('observations').length,
        preferences: byConfidence().slice(0, 20),
        recent_moods: rows('moods').slice(0, 5),
        top_approaches: bySuccess().slice(0, 10),
      },
    })
  }
  const lists = {
    observations: () => rows('observations'),
    preferences: byConfidence,
    moods: () => rows('moods'),
    approaches: bySuccess,
  }
  if (!Object.hasOwn(lists, type)) {
    return error(400, `Invalid type: ${type}. Use: summary, ${Object.keys(lists).join(', ')}`)
  }
  const pages = page({ limit: ctx.query['limit'] ?? '' })
  if (!pages) return error(500, 'An error occurred while fetching preferences')
  const found = lists[type as keyof typeof lists]().slice(0, pages.limit)
  return json(200, { [type]: found, total: found.length })
}

/** What agents learn about their user: four kinds behind one path. */
export const preferences: Route[] = [
  route('POST', '/api/preferences', saving('An error occurred while saving preference data', save)),
  route('GET', '/api/preferences', read),
]
