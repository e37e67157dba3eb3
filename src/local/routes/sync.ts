import { storeState } from '../rules/sync.ts'
import { stateProblems } from '../rules/sync-problems.ts'
import { error, fault, json } from './answers.ts'
import { type Context, type Route, route } from './route.ts'

/** Whether an entry has what the older line can't read without failing. */
const loaded = (list: unknown) =>
  Array.isArray(list) &&
  list.some(({ metadata }: { metadata?: object | null }) => metadata && Object.keys(metadata).length > 0)

function sync(ctx: Context): Response {
  // `null` is JSON, and refused like any other state that is no object.
  if (!ctx.bodyOk && ctx.body !== null) return fault()
  const { connections, capabilities } = ctx.fields
  const details = stateProblems(ctx.body)
  if (details) return error(400, 'Validation failed', { details })
  if (ctx.version === '2.0' && (loaded(connections) || loaded(capabilities))) return fault()
  const start = ctx.clock.now()
  const results = storeState(ctx, ctx.fields)
  const all = Object.values(results)
  return json(200, {
    results,
    total_synced: all.reduce((sum, { synced }) => sum + synced, 0),
    total_errors: all.reduce((sum, { errors }) => sum + (errors?.length ?? 0), 0),
    duration_ms: Math.max(0, ctx.clock.now() - start),
  })
}

/** A whole state at once. */
export const syncs: Route[] = [route('POST', '/api/sync', sync)]
