import type { Org } from '../state/org.ts'
import type { ActionRow, AssumptionRow, LoopRow } from '../state/rows.ts'
import { actionTrace } from './action-trace.ts'

type Brief = Pick<
  ActionRow,
  | 'action_id'
  | 'agent_id'
  | 'agent_name'
  | 'action_type'
  | 'declared_goal'
  | 'status'
  | 'risk_score'
  | 'timestamp_start'
  | 'error_message'
> & { parent_action_id?: string | null }

/** The graph of an action; nothing when it has no trace. */
export function graphOf(org: Org, action: ActionRow): object | undefined {
  const trace = actionTrace(org, action, '2.10') as
    | {
        assumptions: { items: AssumptionRow[] }
        loops: { items: LoopRow[] }
        parent_chain: Brief[]
        sub_actions: Brief[]
        related_actions: Brief[]
      }
    | undefined
  if (!trace) return undefined
  const root = action.action_id
  const nodes: { id: string }[] = []
  const seen = new Set<string>()
  const node = (id: string, rest: object) => {
    if (seen.has(id)) return
    seen.add(id)
    nodes.push({ id, ...rest })
  }
  const actionNode = (row: Brief) =>
    node(`action:${row.action_id}`, {
      type: 'action',
      label: row.declared_goal || row.action_type || row.action_id,
      status: row.status || 'unknown',
      riskScore: row.risk_score ?? null,
      agentId: row.agent_id ?? null,
      agentName: row.agent_name ?? null,
      actionType: row.action_type ?? null,
      timestamp: row.timestamp_start ?? null,
      isRoot: row.action_id === root,
      meta: { error_message: row.error_message ?? null, parent_action_id: row.parent_action_id ?? null },
    })
  const children = [...trace.sub_actions].sort((a, b) => (a.timestamp_start < b.timestamp_start ? -1 : 1))
  const parentOf = (parent: string, child: string) => ({
    id: `edge:pc:${parent}->${child}`,
    source: `action:${parent}`,
    target: `action:${child}`,
    type: 'parent_child',
    label: 'spawned',
  })
  actionNode(action)
  for (const row of [...trace.parent_chain, ...children, ...trace.related_actions]) actionNode(row)
  const stateOf = (row: AssumptionRow) => (row.invalidated ? 'invalidated' : row.validated ? 'validated' : 'unresolved')
  for (const row of trace.assumptions.items) {
    const { invalidated_reason, created_at } = row
    node(`assumption:${row.assumption_id}`, {
      type: 'assumption',
      label: row.assumption,
      status: stateOf(row),
      meta: { invalidated_reason, drift_score: null, created_at },
    })
  }
  for (const { loop_id, description, loop_type, status, priority, created_at } of trace.loops.items) {
    node(`loop:${loop_id}`, {
      type: 'loop',
      label: description || loop_type,
      status,
      meta: { priority, loop_type, created_at },
    })
  }
  const line = [action, ...trace.parent_chain]
  return {
    rootActionId: root,
    nodes,
    edges: [
      ...trace.parent_chain.map((row, at) => parentOf(row.action_id, line[at]!.action_id)),
      ...children.map((row) => parentOf(root, row.action_id)),
      ...trace.related_actions.map((row) => ({
        id: `edge:rel:${root}-${row.action_id}`,
        source: `action:${root}`,
        target: `action:${row.action_id}`,
        type: 'related',
        label: 'correlated',
      })),
      ...trace.assumptions.items.map((row) => ({
        id: `edge:as:${row.assumption_id}->${root}`,
        source: `assumption:${row.assumption_id}`,
        target: `action:${root}`,
        type: 'assumption_of',
        label: stateOf(row),
      })),
      ...trace.loops.items.map((row) => ({
        id: `edge:lp:${row.loop_id}->${root}`,
        source: `loop:${row.loop_id}`,
        target: `action:${root}`,
        type: 'loop_from',
        label: row.priority || 'open',
      })),
    ],
  }
}
