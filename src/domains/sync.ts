import { Core, callRoute, settingsOf } from '../core/core.ts'
import { isDashClawError } from '../core/errors.ts'
import { sign, signedBody } from '../core/signing.ts'
import { errorText, newId } from '../core/text.ts'
import type { RequestOptions } from '../core/types.ts'
import { type Fields, planSync } from './sync-plan.ts'
import type { SyncResult, SyncSectionResult, SyncState } from './sync-types.ts'

export type * from './sync-types.ts'

/** Stores the whole state of an agent at once. */
export abstract class Sync extends Core {
  /**
   * Stores a state, section by section. Twice the same state doubles goals, decisions, content, ideas, key points, handoffs,
   * observations, preferences, moods and actions; the other sections replace what is there.
   *
   * A state that is too large for one request (2 MiB, or 1,000 to 5,000 entries of a list) is split; no entry is sent twice.
   * Connections with metadata, and actions, go through routes of their own, after the rest.
   *
   * @returns One result a section. Once something is stored, whatever fails is among the errors there, which are logged as a
   * warning too. So a call that rejects has stored nothing, unless it was cancelled or its first request had no clear answer.
   * @throws {InputError} Naming the entry that the server would refuse the whole state for; nothing was sent.
   * Routes: `POST /api/sync`, `POST /api/agents/connections`, `POST /api/actions`. The first two are not repeated after an
   * unclear failure. Newer servers have no such route as the first.
   */
  async syncState(state: SyncState, options?: RequestOptions): Promise<SyncResult> {
    const settings = settingsOf(this)
    const { logger, privateKey } = settings
    const { parts, linked, actions, agent_id, unstored } = planSync(state, settings as never)
    if (unstored)
      logger.warn(`dashclaw: metadata of ${unstored} capabilities was left out, since the server can't store it.`)

    const results = new Map<string, SyncSectionResult>()
    const add = (section: string, synced: number, errors: readonly string[] = []) => {
      const { synced: before = 0, errors: known = [] } = results.get(section) ?? {}
      const texts = [...known, ...errors]
      results.set(section, { synced: before + synced, ...(texts.length && { errors: texts }) })
    }
    let duration_ms = 0
    let stored = false
    let lost: unknown
    const attempt = async (sections: readonly string[], action: string, send: () => Promise<void>) => {
      try {
        if (lost) throw lost
        await send()
        stored = true
      } catch (error) {
        // What an action is refused for says nothing about the others.
        if (options?.signal?.aborted || !(stored || (action && isRefusal(error)))) throw error
        if (!isDashClawError(error, 'APIError')) lost = error
        for (const section of sections) add(section, 0, [`${action || section}: sync failed: ${errorText(error, 500)}`])
      }
    }

    for (const { fields, sections } of parts) {
      await attempt(sections, '', async () => {
        const answer = await this.call<SyncResult>('syncState@2 POST /api/sync -> results!:{}', fields, options)
        duration_ms += answer.duration_ms
        for (const [name, result] of Object.entries(answer.results)) {
          // A section without a result says nothing about what was stored.
          if (result) add(name, result.synced, Array.isArray(result.errors) ? result.errors : undefined)
        }
      })
    }
    for (let at = 0; at < linked.length; at += 50) {
      await attempt(['connections'], '', async () => {
        const body = { agent_id, connections: linked.slice(at, at + 50) }
        const { created, errors } = await this.call<{ created: number; errors?: Fields[] }>(
          'syncState@2 POST /api/agents/connections -> errors:[{}]',
          body,
          options,
        )
        add(
          'connections',
          created,
          errors?.map(({ provider, error }) => `connection ${provider}: ${error}`),
        )
      })
    }
    if (actions) add('actions', 0)
    for (const action of actions ?? []) {
      await attempt(['actions'], `action "${action['declared_goal']}"`, async () => {
        // With an id that is new the server has it once, however often it is sent.
        const repeatable = !action['action_id']
        try {
          await callRoute(
            this,
            'syncState@2 POST /api/actions',
            repeatable ? { ...action, action_id: newId('act_') } : action,
            options,
            [],
            {
              repeatable,
              ...(privateKey && { encode: (fields) => signedBody(fields, (text) => sign(text, privateKey)) }),
            },
          )
        } catch (error) {
          // A 409 to a repeated try says that an earlier one arrived.
          if (!repeatable || !isDashClawError(error, 'ConflictError') || error.attempts === 1) throw error
        }
        add('actions', 1)
      })
    }

    const all = [...results.values()]
    const total_errors = all.reduce((sum, { errors }) => sum + (errors?.length ?? 0), 0)
    if (total_errors)
      logger.warn(`dashclaw: syncState could not store everything; its results hold ${total_errors} errors.`)
    if (state?.decisions) results.set('decisions', results.get('learning')!)
    return {
      results: Object.fromEntries(results),
      total_synced: all.reduce((sum, { synced }) => sum + synced, 0),
      total_errors,
      duration_ms,
    }
  }
}

/** The server refuses an action for what it is, not for who sends it. */
function isRefusal(error: unknown): boolean {
  return (
    isDashClawError(error, 'ValidationError') ||
    isDashClawError(error, 'ConflictError') ||
    (isDashClawError(error, 'PermissionDeniedError') && !!(error.body as { decision?: unknown } | null)?.decision)
  )
}
