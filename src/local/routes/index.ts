import { actions } from './actions.ts'
import { activity } from './activity.ts'
import { approvals } from './approvals.ts'
import { compliance } from './compliance.ts'
import { context } from './context.ts'
import { dashboard } from './dashboard.ts'
import { digests } from './digest.ts'
import { drift } from './drift.ts'
import { evaluations } from './evaluations.ts'
import { events } from './events.ts'
import { feedback } from './feedback.ts'
import { guard } from './guard.ts'
import { handoffs } from './handoffs.ts'
import { health } from './health.ts'
import { identity } from './identity.ts'
import { learning } from './learning.ts'
import { learningAnalytics } from './learning-analytics.ts'
import { loops } from './loops.ts'
import { messaging } from './messaging.ts'
import { orgs } from './orgs.ts'
import { pairing } from './pairing.ts'
import { policies } from './policies.ts'
import { policiesPacks } from './policies-packs.ts'
import { policiesTests } from './policies-tests.ts'
import { preferences } from './preferences.ts'
import { presence } from './presence.ts'
import { prompts } from './prompts.ts'
import type { Route } from './route.ts'
import { routing } from './routing.ts'
import { schedules } from './schedules.ts'
import { scoring } from './scoring.ts'
import { scoringRiskTemplates } from './scoring-risk-templates.ts'
import { security } from './security.ts'
import { sessions } from './sessions.ts'
import { snippets } from './snippets.ts'
import { studio } from './studio.ts'
import { studioRegistry } from './studio-registry.ts'
import { syncs } from './sync.ts'
import { tokens } from './tokens.ts'
import { webhooks } from './webhooks.ts'

/** Every route of the embedded server. */
export const routes: readonly Route[] = [
  ...health,
  ...actions,
  ...approvals,
  ...guard,
  ...policies,
  ...policiesTests,
  ...policiesPacks,
  ...compliance,
  ...loops,
  ...presence,
  ...identity,
  ...learning,
  ...learningAnalytics,
  ...drift,
  ...evaluations,
  ...prompts,
  ...context,
  ...digests,
  ...handoffs,
  ...messaging,
  ...preferences,
  ...snippets,
  ...webhooks,
  ...security,
  ...pairing,
  ...orgs,
  ...studio,
  ...studioRegistry,
  ...sessions,
  ...dashboard,
  ...feedback,
  ...routing,
  ...schedules,
  ...syncs,
  ...tokens,
  ...activity,
  ...scoring,
  ...scoringRiskTemplates,
  ...events,
]
