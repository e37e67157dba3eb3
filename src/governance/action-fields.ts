import { parseRoute, type Route } from '../core/route.ts'

const FIELDS =
  'agent_name@agentName swarm_id@swarmId action_id parent_action_id reasoning authorization_scope trigger systems_touched:list input_summary status reversible:bool risk_score:num confidence:num recommendation_id recommendation_applied:bool recommendation_override_reason approval_wait_seconds:int output_summary side_effects:list artifacts_created:list error_message timestamp_start:date timestamp_end:date duration_ms:int cost_estimate:num'

const routes = /* @__PURE__ */ new Map<string, Route>()

/**
 * The fields of a new action, for the method that its errors shall name.
 *
 * @param required - The fields that it must have, written as in a route.
 */
export function actionRoute(method: string, required = 'action_type! declared_goal! agent_id!@agentId'): Route {
  let route = routes.get(method)
  if (!route) routes.set(method, (route = parseRoute(`${method} POST /api/actions ${required} ${FIELDS}`)))
  return route
}
