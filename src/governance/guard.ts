import { type Core, callRoute, stateOf } from '../core/core.ts'
import { APIError, GuardBlockedError, isDashClawError } from '../core/errors.ts'
import type { Open, RequestOptions } from '../core/types.ts'

/** What the guard says to an action. */
export interface GuardDecision {
  /** The most severe of the matched policies; `allow` when none matched. A word that is not known never means go. */
  decision: Open<'allow' | 'warn' | 'require_approval' | 'block'>
  /** One text a matched policy that blocks or asks for approval: `<policy name>: <reason>`. */
  reasons: string[]
  /** One text a matched policy that warns, and one a live signal when signals were asked for. */
  warnings: string[]
  /** Ids (`gp_…`) of all policies that matched, also those with action `allow`. */
  matched_policies: string[]
  /** 2.0 servers repeat what was sent (null without one) and compute nothing; newer ones answer the higher of both. */
  risk_score: number | null
  /** What the agent sent; newer servers only, else null. */
  agent_risk_score: number | null
  /** ISO 8601 time in UTC. */
  evaluated_at: string
}

/** What the guard is asked about. */
export interface GuardContext {
  /** Any text of at most 128 characters, such as `deploy`. */
  action_type: string
  /** 0 to 100, whole. */
  risk_score?: number | null | undefined
  /** Agent that wants to act. Default: the client's. */
  agent_id?: string | null | undefined
  /** At most 50 systems. */
  systems_touched?: readonly string[] | null | undefined
  /** Whether the action can be undone. */
  reversible?: boolean | null | undefined
  /** At most 2,000 characters. */
  declared_goal?: string | null | undefined
}

const GUARD =
  'POST~ /api/guard action_type!:text128 risk_score:int0..100 agent_id@agentId:text128 systems_touched:list50 reversible:bool declared_goal:text2000'

/** Asks the guard. Resolves with the decision whatever the status code; rejects when there is none. */
export async function askGuard(
  core: Core,
  context: GuardContext,
  options?: RequestOptions & { include_signals?: boolean | undefined },
): Promise<GuardDecision> {
  const answer = await callRoute<Partial<GuardDecision> | null>(core, GUARD, context, options, [], {
    decision: true,
    ...(options?.include_signals ? { query: { include_signals: true } } : undefined),
  })
  if (typeof answer?.decision !== 'string' || !answer.decision) {
    throw new APIError(
      'POST /api/guard answered without a decision, so nothing is allowed. Check that baseUrl is a DashClaw server.',
      {
        status: 200,
        method: 'POST',
        path: '/api/guard',
        body: answer,
      },
    )
  }
  const texts = (list: unknown) => (Array.isArray(list) ? (list as string[]) : [])
  return {
    ...answer,
    reasons: texts(answer.reasons),
    warnings: texts(answer.warnings),
    matched_policies: texts(answer.matched_policies),
    risk_score: answer.risk_score ?? null,
    agent_risk_score: answer.agent_risk_score ?? null,
  } as GuardDecision
}

/** Whether a decision lets the action start. */
export const isGo = (decision: string): boolean => decision === 'allow' || decision === 'warn'

/**
 * The guard check before an action, per `guardMode`. Returns when the action may go on.
 *
 * @throws {GuardBlockedError} In `enforce` mode, for every answer that is not a clear go, and when the guard can't be asked.
 */
export async function checkGuard(
  core: Core,
  action: GuardContext,
  options?: RequestOptions & { wait?: boolean | undefined },
): Promise<void> {
  const { guardMode, guardCallback, onGuardError, hitlMode, logger } = stateOf(core).settings
  if (guardMode === 'off') return
  const { action_type, risk_score, systems_touched, reversible, declared_goal, agent_id } = action
  const goal = declared_goal ?? action_type
  let decision: GuardDecision
  try {
    decision = await askGuard(
      core,
      { action_type, risk_score, systems_touched, reversible, declared_goal, agent_id },
      options,
    )
  } catch (error) {
    // The caller's abort and mistakes in the input are no answer of the guard.
    if (options?.signal?.aborted || isDashClawError(error, 'InputError')) throw error
    if (guardMode === 'enforce' && onGuardError === 'block') {
      const reason = `the guard could not be asked: ${(error as Error).message}`
      throw new GuardBlockedError({ decision: 'unavailable', reasons: [reason] }, goal, { cause: error })
    }
    logger.warn(`dashclaw: the guard could not be asked about "${goal}"; it goes on unguarded.`, error)
    return
  }
  try {
    guardCallback?.(decision as GuardDecision & Record<string, unknown>)
  } catch (error) {
    logger.warn('dashclaw: guardCallback threw.', error)
  }
  if (isGo(decision.decision)) return
  if (guardMode === 'enforce') {
    // The server holds such an action itself, and the wait follows.
    if (decision.decision === 'require_approval' && (options?.wait !== undefined || hitlMode === 'wait')) return
    throw new GuardBlockedError(decision, goal)
  }
  logger.warn(`dashclaw: the guard answered ${decision.decision} for "${goal}" (${decision.reasons.join('; ')}).`)
}
