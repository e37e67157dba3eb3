import { guarded } from '../core/callbacks.ts'
import { type Core, callRoute, checkCallOptions, learnLine, type Shared, settingsOf, sharedOf } from '../core/core.ts'
import { APIError, ConnectionError, GuardBlockedError, isDashClawError } from '../core/errors.ts'
import { gatewayFailure, refusedForGood } from '../core/retry.ts'
import { shown } from '../core/transport.ts'
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
  'guard POST~ /api/guard action_type! risk_score:num agent_id@agentId systems_touched:list reversible:bool declared_goal'

/** A guard that does not answer. */
interface Outage {
  /** When it was seen first, in ISO 8601. */
  since: string
  /** When it was asked last, and how many milliseconds it is left alone after that. */
  asked: number
  wait: number
  error: Error
  /** One call asks whether it is back; the others do not wait for that. */
  probed: boolean
}

const outages = /* @__PURE__ */ new WeakMap<Shared, Outage>()

/** Asks the guard. Resolves with the decision whatever the status code; rejects when there is none. */
export async function askGuard(
  core: Core,
  context: GuardContext,
  options?: (RequestOptions & { include_signals?: boolean | undefined }) | null,
): Promise<GuardDecision> {
  checkCallOptions('guard', options, ['include_signals'])
  const { include_signals, ...call } = options ?? {}
  const answer = await callRoute<Partial<GuardDecision> | null>(core, GUARD, context, call, [], {
    decision: true,
    ...(include_signals ? { query: { include_signals: true } } : undefined),
  })
  if (typeof answer?.decision !== 'string' || !answer.decision) {
    throw new APIError(
      'POST /api/guard answered without a decision, so nothing is allowed. Check that baseUrl is a DashClaw server.',
      {
        status: 200,
        method: 'POST',
        path: '/api/guard',
        body: shown(settingsOf(core), answer),
      },
    )
  }
  outages.delete(sharedOf(core))
  learnLine(core, 'decision_id' in answer ? '5' : '2')
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

/**
 * Asks the guard on behalf of an action. One that can't be reached is left alone for 10 s, then for twice as long each time up to
 * 60 s, so that its outage costs one time limit and not one a call. Any answer ends that.
 *
 * @throws {ConnectionError} At once, while it is left alone.
 */
export async function askLiveGuard(
  core: Core,
  context: GuardContext,
  options?: RequestOptions,
): Promise<GuardDecision> {
  const shared = sharedOf(core)
  const outage = outages.get(shared)
  if (outage) {
    const { since, asked, wait, error, probed } = outage
    // A clock that was set back ends the wait: a guard that answers again must not be passed over.
    const left = probed ? 0 : wait - Math.abs(Date.now() - asked)
    if (probed || left > 0) {
      throw new ConnectionError(
        `POST /api/guard was not asked: no answer since ${since} (${error.message}). Next try in ${Math.ceil(left / 1000)} s.`,
        { cause: error },
      )
    }
    outage.probed = true
  }
  try {
    return await askGuard(core, context, options)
  } catch (error) {
    const { status } = error as { status?: number }
    // A time limit of the call's own says nothing about the others, and a 500 may be due to what was asked.
    const down = status
      ? gatewayFailure(status)
      : isDashClawError(error, 'ConnectionError') && !(options?.timeout && isDashClawError(error, 'TimeoutError'))
    if (!down) {
      if (status) outages.delete(shared)
      else if (outage) outage.probed = false
    } else if (outages.get(shared) === outage) {
      const now = new Date()
      outages.set(shared, {
        since: outage?.since ?? now.toISOString(),
        asked: +now,
        wait: Math.min(60_000, (outage?.wait ?? 5000) * 2),
        error: error as Error,
        probed: false,
      })
    }
    throw error
  }
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
  options?: RequestOptions,
  wait?: boolean,
): Promise<void> {
  const { guardMode, guardCallback, onGuardError, hitlMode, logger } = settingsOf(core)
  if (guardMode === 'off') return
  const { action_type, risk_score, systems_touched, reversible, declared_goal, agent_id } = action
  const goal = declared_goal ?? action_type
  let decision: GuardDecision
  try {
    decision = await askLiveGuard(
      core,
      { action_type, risk_score, systems_touched, reversible, declared_goal, agent_id },
      options,
    )
  } catch (error) {
    // The caller's abort and mistakes in the input are no answer of the guard.
    if (options?.signal?.aborted || isDashClawError(error, 'InputError')) throw error
    // A guard that refuses the question is not out of reach.
    const { status = 0 } = error as { status?: number }
    if (guardMode === 'enforce' && (onGuardError === 'block' || refusedForGood(status))) {
      const reason = `the guard could not be asked: ${(error as Error).message}`
      throw new GuardBlockedError({ decision: 'unavailable', reasons: [reason] }, goal, { cause: error })
    }
    logger.warn(`dashclaw: the guard could not be asked about "${goal}"; it goes on unguarded.`, error)
    return
  }
  if (guardCallback) {
    // A copy: what a callback does to it decides nothing.
    guarded(logger, 'guardCallback', () => guardCallback({ ...(decision as GuardDecision & Record<string, unknown>) }))
  }
  if (isGo(decision.decision)) return
  if (guardMode === 'enforce') {
    // The server holds such an action itself, and the wait follows.
    if (decision.decision === 'require_approval' && (wait !== undefined || hitlMode === 'wait')) return
    throw new GuardBlockedError(decision, goal)
  }
  logger.warn(`dashclaw: the guard answered ${decision.decision} for "${goal}" (${decision.reasons.join('; ')}).`)
}
