// biome-ignore-all assist/source/organizeImports: in this order bundles are smallest; bench/order.mjs finds it
import { compose } from './core/compose.ts'
import type { Core } from './core/core.ts'
import type { DashClawOptions } from './core/options.ts'
import { Health } from './domains/health.ts'
import { Events } from './domains/events.ts'
import { Tokens } from './domains/tokens.ts'
import { Approvals } from './domains/approvals.ts'
import { Pairing } from './domains/pairing.ts'
import { Tools } from './domains/tools.ts'
import { Presence } from './domains/presence.ts'
import { Context } from './domains/context.ts'
import { Guard } from './domains/guard.ts'
import { Webhooks } from './domains/webhooks.ts'
import { Digest } from './domains/digest.ts'
import { Identity } from './domains/identity.ts'
import { Messaging } from './domains/messaging.ts'
import { Learning } from './domains/learning.ts'
import { Sync } from './domains/sync.ts'
import { Preferences } from './domains/preferences.ts'
import { Handoffs } from './domains/handoffs.ts'
import { Loops } from './domains/loops.ts'
import { Activity } from './domains/activity.ts'
import { Actions } from './domains/actions.ts'
import { Feedback } from './domains/feedback.ts'
import { Drift } from './domains/drift.ts'
import { Policies } from './domains/policies.ts'
import { Schedules } from './domains/schedules.ts'
import { Dashboard } from './domains/dashboard.ts'
import { Compliance } from './domains/compliance.ts'
import { Studio } from './domains/studio.ts'
import { Scoring } from './domains/scoring.ts'
import { Routing } from './domains/routing.ts'
import { Evaluations } from './domains/evaluations.ts'
import { Security } from './domains/security.ts'
import { Snippets } from './domains/snippets.ts'
import { Orgs } from './domains/orgs.ts'
import { Prompts } from './domains/prompts.ts'
import { Sessions } from './domains/sessions.ts'

interface Domains
  extends Actions,
    Activity,
    Approvals,
    Compliance,
    Context,
    Dashboard,
    Digest,
    Drift,
    Evaluations,
    Events,
    Feedback,
    Guard,
    Handoffs,
    Health,
    Identity,
    Learning,
    Loops,
    Messaging,
    Orgs,
    Pairing,
    Policies,
    Preferences,
    Presence,
    Prompts,
    Routing,
    Schedules,
    Scoring,
    Security,
    Sessions,
    Snippets,
    Studio,
    Sync,
    Tokens,
    Tools,
    Webhooks {}

const Base = /* @__PURE__ */ compose(
  Actions,
  Activity,
  Approvals,
  Compliance,
  Context,
  Dashboard,
  Digest,
  Drift,
  Evaluations,
  Events,
  Feedback,
  Guard,
  Handoffs,
  Health,
  Identity,
  Learning,
  Loops,
  Messaging,
  Orgs,
  Pairing,
  Policies,
  Preferences,
  Presence,
  Prompts,
  Routing,
  Schedules,
  Scoring,
  Security,
  Sessions,
  Snippets,
  Studio,
  Sync,
  Tokens,
  Tools,
  Webhooks,
) as new (
  options?: DashClawOptions,
) => Core & Domains

/**
 * The DashClaw client: every domain over one connection.
 *
 * @example
 * const claw = new DashClaw({ baseUrl: 'http://localhost:3000', apiKey: '…', agentId: 'deploy-bot' })
 * await claw.track({ action_type: 'deploy', declared_goal: 'Ship v2.0' }, async () => deploy())
 */
export class DashClaw extends Base {}
