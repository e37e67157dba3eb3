import { hexId } from '../state/ids.ts'
import { DAY } from '../state/moment.ts'
import type { Scope } from '../state/server.ts'
import type { TableName } from '../state/tables.ts'
import { analyze, type FrameworkMap, findFramework, mapFramework, riskOf } from './compliance.ts'
import type { ConvertedPolicy } from './policy-tests.ts'
import { groups } from './statistics.ts'

/** Coverage of a framework at one time. */
export interface SnapshotRow {
  id: string
  org_id: string
  framework: string
  coverage_percentage: number
  covered: number
  partial: number
  gaps: number
  risk_level: string
  created_at: string
}

/** An export as it is stored. */
export interface ExportRow {
  id: string
  org_id: string
  name: string
  frameworks: unknown
  format: string
  window_days: number
  include_evidence: boolean
  include_remediation: boolean
  include_trends: boolean
  status: 'pending' | 'running' | 'completed' | 'failed'
  report_content: string
  evidence_summary: unknown
  snapshot_ids: unknown
  file_size_bytes: number
  error_message: string
  requested_by: string
  started_at: string | null
  completed_at: string | null
  created_at: string
}

const MARKS = { covered: 'COVERED', partial: 'PARTIAL', gap: 'GAP' } as const

const markdownTable = (head: readonly string[], rows: readonly (readonly unknown[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
]

/** The report of a framework in markdown. */
export function frameworkMarkdown(map: FrameworkMap): string {
  const { framework, summary, controls } = map
  const { coverage_percentage: coverage } = summary
  const full = Math.round(coverage / 5)
  const lines = [
    `# ${framework} Compliance Report -- Agent Operations`,
    '',
    `**Project:** ${map.project}`,
    `**Generated:** ${map.generated_at}`,
    `**Risk Level:** ${riskOf(coverage)}`,
    '',
    '## Executive Summary',
    '',
    ...markdownTable(
      ['Framework', 'Total Controls', 'Covered', 'Partial', 'Gaps', 'Coverage'],
      [[framework, summary.total_controls, summary.covered, summary.partial, summary.gaps, `${coverage}%`]],
    ),
    '',
    `\`[${'#'.repeat(full)}${'-'.repeat(20 - full)}]\` ${coverage}%`,
    '',
  ]
  for (const [category, own] of groups(controls, (control) => control.category)) {
    lines.push(`## ${category}`, '')
    for (const control of own) {
      lines.push(`### ${control.control_id} -- ${control.title} [${MARKS[control.status]}]`, '')
      lines.push(control.description, '', `**Relevance:** ${control.agent_relevance}`, '')
      for (const policy of control.matched_policies) {
        lines.push(`- ${policy.policy_description} (${policy.mapping_coverage}): ${policy.rationale}`)
      }
      for (const text of control.gap_recommendations) lines.push(`- Recommended: ${text}`)
      lines.push('')
    }
  }
  const open = [...controls.filter(({ status }) => status === 'gap'), ...controls.filter((c) => c.status === 'partial')]
  if (open.length) {
    lines.push('## Remediation Plan', '')
    for (const { control_id, title, status, gap_recommendations } of open) {
      lines.push(`- [${MARKS[status]}] ${control_id} ${title}: ${gap_recommendations[0] ?? 'review'}`)
    }
    lines.push('')
  }
  lines.push('## Attestation', '', 'This report says what the active policies cover at the time it was written.', '')
  return lines.join('\n')
}

/** Stores what a map says of a framework now. */
export function storeSnapshot(scope: Scope, framework: string, { summary }: FrameworkMap): string {
  const { covered, partial, gaps, coverage_percentage } = summary
  const id = hexId('cs_')
  scope.table<SnapshotRow>('compliance_snapshots').push({
    id,
    org_id: scope.org.id,
    framework,
    coverage_percentage,
    covered,
    partial,
    gaps,
    risk_level: riskOf(coverage_percentage),
    created_at: scope.iso(),
  })
  return id
}

/** What the guard decided and agents did in the last days. */
export function evidence(scope: Scope, days: number) {
  const since = scope.clock.now() - days * DAY
  const within = <T extends { created_at: string }>(name: TableName) =>
    scope.table<T>(name).filter(({ created_at }) => Date.parse(created_at) >= since)
  const decisions = within<{ created_at: string; action_type: string | null; decision: string }>('guard_decisions')
  const actions = within<{ created_at: string; action_type: string }>('actions')
  const counted = <T>(rows: readonly T[], key: (row: T) => string) =>
    [...groups(rows, key)]
      .sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
      .map(([, [first, ...rest]]) => ({ row: first!, count: String(rest.length + 1) }))
  const count = (...words: string[]) => decisions.filter(({ decision }) => words.includes(decision)).length
  return {
    guard_decisions_total: decisions.length,
    guard_decisions_blocked: count('block'),
    approval_requests: count('require_approval', 'warn'),
    action_records_total: actions.length,
    breakdown: counted(decisions, (row) => JSON.stringify([row.action_type, row.decision])).map(({ row, count }) => ({
      action_type: row.action_type,
      decision: row.decision,
      count,
    })),
    action_breakdown: counted(actions, (row) => row.action_type).map(({ row, count }) => ({
      action_type: row.action_type,
      count,
    })),
  }
}

/** Builds the report of an export. Notes in the row how it went; a failure is kept there as well. */
export function buildExport(
  scope: Scope,
  row: ExportRow,
  frameworks: readonly string[],
  active: () => readonly ConvertedPolicy[],
): void {
  row.status = 'running'
  row.started_at = scope.iso()
  try {
    const policies = active()
    const snapshots: string[] = []
    const sections = frameworks.map((id) => {
      const framework = findFramework(id)
      if (!framework) return `## ${id}\n\nThe framework ${id} was not found.`
      const map = mapFramework(framework, policies, `org-${scope.org.id}`, scope.iso())
      snapshots.push(storeSnapshot(scope, id, map))
      const report = row.format === 'json' ? JSON.stringify(JSON.stringify(map, null, 2)) : frameworkMarkdown(map)
      return row.include_remediation ? report + remediation(map) : report
    })
    if (row.format === 'markdown') {
      sections.unshift(
        [
          '# Compliance Export',
          '',
          `**Organization:** org-${scope.org.id}`,
          `**Generated:** ${scope.iso()}`,
          `**Frameworks:** ${frameworks.join(', ')}`,
          `**Evidence Window:** ${row.window_days} days`,
        ].join('\n'),
      )
    }
    let summary: object = {}
    if (row.include_evidence) {
      const { breakdown, approval_requests: _counted, ...found } = evidence(scope, row.window_days)
      const { action_breakdown, ...totals } = found
      summary = { window_days: row.window_days, ...totals, guard_breakdown: breakdown, action_breakdown }
      sections.push(evidenceMarkdown(row.window_days, { breakdown, ...found }))
    }
    const trends = scope.table<SnapshotRow>('compliance_snapshots').slice(-50).reverse()
    if (row.include_trends && trends.length >= 2) sections.push(trendMarkdown(trends))
    row.report_content = sections.join(row.format === 'json' ? '\n' : '\n\n---\n\n')
    row.evidence_summary = JSON.stringify(summary)
    row.snapshot_ids = JSON.stringify(snapshots)
    row.file_size_bytes = new TextEncoder().encode(row.report_content).length
    row.status = 'completed'
  } catch (cause) {
    row.status = 'failed'
    row.error_message = (cause as Error).message
  }
  row.completed_at = scope.iso()
}

function remediation(map: FrameworkMap): string {
  const { remediation_plan: plan } = analyze(map)
  if (!plan.length) return ''
  const rows = plan.map((item) => [item.priority, item.control_id, item.title, item.status, item.estimated_effort])
  return ['\n', '## Remediation', '', ...markdownTable(['#', 'Control', 'Title', 'Status', 'Effort'], rows)].join('\n')
}

function evidenceMarkdown(days: number, found: Omit<ReturnType<typeof evidence>, 'approval_requests'>): string {
  return [
    `## Evidence (${days} days)`,
    '',
    `- Guard decisions: ${found.guard_decisions_total}, blocked: ${found.guard_decisions_blocked}`,
    `- Action records: ${found.action_records_total}`,
    '',
    ...markdownTable(
      ['Action type', 'Decision', 'Count'],
      found.breakdown.map(({ action_type, decision, count }) => [action_type, decision, count]),
    ),
    '',
    ...markdownTable(
      ['Action type', 'Count'],
      found.action_breakdown.map(({ action_type, count }) => [action_type, count]),
    ),
  ].join('\n')
}

function trendMarkdown(newestFirst: readonly SnapshotRow[]): string {
  const lines = ['## Trends', '']
  for (const [framework, rows] of groups(newestFirst, (row) => row.framework)) {
    lines.push(`### ${framework}`, '')
    lines.push(
      ...markdownTable(
        ['Date', 'Coverage', 'Covered', 'Partial', 'Gaps', 'Risk'],
        rows
          .slice(0, 10)
          .map((row) => [
            row.created_at.slice(0, 10),
            `${row.coverage_percentage}%`,
            row.covered,
            row.partial,
            row.gaps,
            row.risk_level,
          ]),
      ),
    )
    const [newest, before] = rows
    if (newest && before) {
      const change = newest.coverage_percentage - before.coverage_percentage
      lines.push('', `${change > 0 ? 'Improving' : change < 0 ? 'Declining' : 'Stable'} (${change}%)`)
    }
    lines.push('')
  }
  return lines.join('\n')
}
