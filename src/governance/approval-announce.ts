import { guarded } from '../core/callbacks.ts'
import { type Core, type Shared, settingsOf, sharedOf } from '../core/core.ts'
import type { WaitingAction } from '../core/options.ts'
import { summarize } from '../core/text.ts'

/** Enough for a long queue; a client that sees more says some of it twice. */
const MAX_IDS = 10_000

const announced = /* @__PURE__ */ new WeakMap<Shared, Set<string>>()

/** Says once that an action waits for a reviewer: to the client's `onPending`, else to the logger, with the place to decide. */
export function announce(core: Core, id: string, row: WaitingAction): void {
  const shared = sharedOf(core)
  let ids = announced.get(shared)
  if (!ids) announced.set(shared, (ids = new Set()))
  if (ids.has(id)) return
  if (ids.size >= MAX_IDS) ids.clear()
  ids.add(id)
  const { baseUrl, logger, onPending } = settingsOf(core)
  if (onPending) return guarded(logger, 'onPending', () => onPending(row))
  const { agent_id, action_type, risk_score, declared_goal } = row
  const facts = `${shown(action_type)}, risk ${risk_score ?? 'unknown'}`
  const line = `dashclaw: action ${id} of ${shown(agent_id)} waits for a reviewer: ${shown(declared_goal)} (${facts}). Decide at ${baseUrl}/approvals, or with approveAction('${id}', { decision: 'allow' }).`
  logger.info(line)
}

/** In quotes, so that no character of it can begin another line or steer a terminal. */
const shown = (value: unknown) => JSON.stringify(summarize(value, 300)) ?? 'unknown'
