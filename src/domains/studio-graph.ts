import { type Core, callRoute } from '../core/core.ts'
import { isDashClawError } from '../core/errors.ts'
import type { Open, RequestOptions } from '../core/types.ts'

/** An action in a graph. */
export interface ActionNode {
  /** `action:` and the action id. */
  id: string
  type: 'action'
  /** The goal, else the action type, else the id. */
  label: string
  /** Status of the action; `unknown` when it has none. */
  status: string
  riskScore: number | null
  agentId: string | null
  agentName: string | null
  actionType: string | null
  /** Start of the action, as it was stored. */
  timestamp: string | null
  /** True for the one action that was asked for. */
  isRoot: boolean
  /** `parent_action_id` is there for the root and its ancestors only. */
  meta: { error_message: string | null; parent_action_id: string | null }
}

/** An assumption of the root. */
export interface AssumptionNode {
  /** `assumption:` and the assumption id. */
  id: string
  type: 'assumption'
  label: string
  /** `invalidated` wins over `validated`. */
  status: Open<'unresolved' | 'validated' | 'invalidated'>
  /** `drift_score` is null on all servers so far. */
  meta: { invalidated_reason: string | null; drift_score: number | null; created_at: string | null }
}

/** An open loop of the root. */
export interface LoopNode {
  /** `loop:` and the loop id. */
  id: string
  type: 'loop'
  /** The description, else the loop type. */
  label: string
  status: Open<'open' | 'resolved' | 'cancelled'>
  meta: { priority: string | null; loop_type: string | null; created_at: string | null }
}

/** A node of a graph; `type` tells which. */
export type GraphNode = ActionNode | AssumptionNode | LoopNode

/** How two nodes of a graph belong together. */
export interface GraphEdge {
  /** `edge:pc:PARENT->CHILD`, `edge:rel:ROOT-OTHER`, `edge:as:ASSUMPTION->ROOT` or `edge:lp:LOOP->ROOT`, with bare ids. */
  id: string
  /** Id of a node. */
  source: string
  /** Id of a node. */
  target: string
  type: Open<'parent_child' | 'related' | 'assumption_of' | 'loop_from'>
  /** `spawned`, `correlated`, the assumption's status, or the loop's priority (`open` when it has none). */
  label: string
}

/** What stands around an action. Unlike most answers, its names are camelCase. */
export interface ActionGraph {
  /** The action id, without `action:`. */
  rootActionId: string
  /** Root, ancestors from the parent upwards (at most 10), children by start, related actions (at most 20, newest first), assumptions, loops. */
  nodes: GraphNode[]
  /** Of ancestors, children, related actions, assumptions, loops. A parent or child may also be a related action: one node, two edges. */
  edges: GraphEdge[]
}

/** What the graph needs of an action in a trace. */
interface TracedAction {
  action_id: string
  declared_goal: string | null
  action_type: string | null
  status: string | null
  risk_score: number | null
  agent_id: string | null
  agent_name: string | null
  timestamp_start: string | null
  error_message: string | null
  /** Not read for children and related actions. */
  parent_action_id?: string | null
}

interface Trace {
  action: TracedAction
  trace: {
    parent_chain: TracedAction[]
    sub_actions: TracedAction[]
    related_actions: TracedAction[]
    assumptions: {
      items: {
        assumption_id: string
        assumption: string
        validated: unknown
        invalidated: unknown
        invalidated_reason: string | null
        created_at: string | null
      }[]
    }
    loops: {
      items: {
        loop_id: string
        description: string | null
        loop_type: string | null
        status: string
        priority: string | null
        created_at: string | null
      }[]
    }
  }
}

const ACTION = 'getActionGraph GET /api/actions/:action_id'

/** Reads the graph of an action; servers without that route have a trace with the same facts, and the graph is built here. */
export async function actionGraph(core: Core, actionId: string, options?: RequestOptions): Promise<ActionGraph> {
  try {
    return await callRoute<ActionGraph>(core, `${ACTION}/graph`, undefined, options, [actionId])
  } catch (error) {
    if (!isDashClawError(error, 'RouteNotFoundError')) throw error
    return graphOfTrace(await callRoute<Trace>(core, `${ACTION}/trace`, undefined, options, [actionId]))
  }
}

/** Builds the graph that newer servers send from a trace. */
export function graphOfTrace({ action, trace }: Trace): ActionGraph {
  const root = action.action_id
  const nodes = new Map<string, GraphNode>()
  const edges: GraphEdge[] = []
  const add = (row: TracedAction) => {
    const id = `action:${row.action_id}`
    if (nodes.has(id)) return
    nodes.set(id, {
      id,
      type: 'action',
      label: row.declared_goal || row.action_type || row.action_id,
      status: row.status || 'unknown',
      riskScore: row.risk_score,
      agentId: row.agent_id,
      agentName: row.agent_name,
      actionType: row.action_type,
      timestamp: row.timestamp_start,
      isRoot: row === action,
      meta: { error_message: row.error_message, parent_action_id: row.parent_action_id ?? null },
    })
  }
  const link = (id: string, source: string, target: string, type: string, label: string) =>
    edges.push({ id: `edge:${id}`, source, target, type, label })
  const spawned = (parent: string, child: string) =>
    link(`pc:${parent}->${child}`, `action:${parent}`, `action:${child}`, 'parent_child', 'spawned')

  add(action)
  let child = root
  for (const row of trace.parent_chain) {
    add(row)
    spawned(row.action_id, child)
    child = row.action_id
  }
  for (const row of trace.sub_actions) {
    add(row)
    spawned(root, row.action_id)
  }
  for (const row of trace.related_actions) {
    add(row)
    link(`rel:${root}-${row.action_id}`, `action:${root}`, `action:${row.action_id}`, 'related', 'correlated')
  }
  for (const { assumption_id, assumption, validated, invalidated, invalidated_reason, created_at } of trace.assumptions
    .items) {
    const id = `assumption:${assumption_id}`
    const status = invalidated ? 'invalidated' : validated ? 'validated' : 'unresolved'
    nodes.set(id, {
      id,
      type: 'assumption',
      label: assumption,
      status,
      meta: { invalidated_reason, drift_score: null, created_at },
    })
    link(`as:${assumption_id}->${root}`, id, `action:${root}`, 'assumption_of', status)
  }
  for (const { loop_id, description, loop_type, status, priority, created_at } of trace.loops.items) {
    const id = `loop:${loop_id}`
    const label = description || loop_type || loop_id
    nodes.set(id, { id, type: 'loop', label, status, meta: { priority, loop_type, created_at } })
    link(`lp:${loop_id}->${root}`, id, `action:${root}`, 'loop_from', priority || 'open')
  }
  return { rootActionId: root, nodes: [...nodes.values()], edges }
}
