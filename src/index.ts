export { DashClaw } from './client.ts'
export { canonicalJson } from './core/canonical-json.ts'
export { checkNames as checkOptionNames } from './core/checks.ts'
export { type Composed, compose, type DomainClass } from './core/compose.ts'
export { Core, type RawRequest } from './core/core.ts'
export type { AsyncDisposableLike } from './core/dispose.ts'
export * from './core/errors.ts'
export { EventStream, type StreamEvent } from './core/event-stream.ts'
export {
  type CryptoKeyLike,
  generateKeyPair,
  type HostCryptoKey,
  type JwkLike,
  publicKeyPemFromPrivateJwk,
  type SigningKey,
  type SigningKeyPair,
} from './core/keys.ts'
export type {
  DashClawOptions,
  GuardCallbackDecision,
  RecommendationCallbackResult,
  Undelivered,
  WaitingAction,
} from './core/options.ts'
export { errorText, newId, scrub, summarize } from './core/text.ts'
export * from './core/types.ts'
export * from './domains/actions.ts'
export * from './domains/activity.ts'
export * from './domains/approvals.ts'
export * from './domains/compliance.ts'
export * from './domains/context.ts'
export * from './domains/dashboard.ts'
export * from './domains/digest.ts'
export * from './domains/drift.ts'
export * from './domains/evaluations.ts'
export * from './domains/events.ts'
export * from './domains/feedback.ts'
export * from './domains/guard.ts'
export * from './domains/handoffs.ts'
export * from './domains/health.ts'
export * from './domains/identity.ts'
export * from './domains/learning.ts'
export * from './domains/loops.ts'
export * from './domains/messaging.ts'
export * from './domains/orgs.ts'
export * from './domains/pairing.ts'
export * from './domains/policies.ts'
export * from './domains/preferences.ts'
export * from './domains/presence.ts'
export * from './domains/prompts.ts'
export * from './domains/routing.ts'
export * from './domains/schedules.ts'
export * from './domains/scoring.ts'
export * from './domains/security.ts'
export * from './domains/sessions.ts'
export * from './domains/snippets.ts'
export * from './domains/studio.ts'
export * from './domains/sync.ts'
export * from './domains/tokens.ts'
export * from './domains/tools.ts'
export * from './domains/webhooks.ts'
export type { ActionAssumption, ActionContext, ActionLoop, ActionMessage } from './governance/action-context.ts'
export type * from './governance/action-types.ts'
export type { ApprovedAction, PendingAction, WaitForApprovalOptions } from './governance/approval-types.ts'
export type { CreateActionOptions } from './governance/create.ts'
export {
  type GovernedFunction,
  type GovernedTool,
  type GovernToolOptions,
  governedExecute,
  governedTool,
  type ToolLike,
} from './governance/govern-tool.ts'
export type { GuardContext, GuardDecision } from './governance/guard.ts'
export type { Adaptable, Recommendation, RecommendedAction } from './governance/recommend.ts'
export type { EventName, EventRow, EventsOptions, PlatformEvent, PlatformEvents } from './governance/stream.ts'
export {
  type CallContext,
  callText,
  checkOptions as checkToolOptions,
  type GovernOptions,
  governCall,
  MOST as MOST_OPEN_CALLS,
  type OpenCall,
  openCall,
  opened as openedCall,
  requireClient as requireToolClient,
  runCall as runToolCall,
  skips,
  type ToolClient,
} from './governance/tool-call.ts'
export {
  changed as changedCall,
  pin as pinToolCall,
  sha256 as sha256Hex,
  type ToolCall,
} from './governance/tool-digest.ts'
export { type Ticket, ToolHeldError } from './governance/tool-held.ts'
export { parsed as parseToolInput, type StandardSchema } from './governance/tool-schema.ts'
export type { TrackedAction } from './governance/track.ts'
