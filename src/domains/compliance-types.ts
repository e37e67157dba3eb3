import type { JsonText, NumberText, Open } from '../core/types.ts'

/** Frameworks that 2.0 servers know; {@link Compliance.listFrameworks} tells the server's own. Case matters. */
export type FrameworkId = 'soc2' | 'iso27001' | 'gdpr' | 'nist-ai-rmf' | 'imda-agentic'
/** How much a control matters for agents. */
export type AgentRelevance = 'critical' | 'high' | 'medium' | 'low'
/** By coverage: 80 percent and more is LOW, 60 MEDIUM, 40 HIGH. */
export type ComplianceRisk = 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL'

/** A framework as the server lists it. */
export interface Framework {
  id: Open<FrameworkId>
  name: string
  version: string
  description: string
  control_count: number
}

/** Controls, counted by status. */
export interface ComplianceSummary {
  total_controls: number
  covered: number
  partial: number
  gaps: number
  /** Whole percent; a partial control counts half. */
  coverage_percentage: number
}

/** A policy that serves a control; one policy can come more than once, for several reasons. */
export interface MatchedPolicy {
  /** `gp_…`. */
  policy_id: string
  /** The policy's name. */
  policy_description: string
  mapping_coverage: Open<'full' | 'partial'>
  rationale: string
}

/** A control of a framework and how the active policies cover it. */
export interface ComplianceControl {
  /** The framework's own id, such as `CC6.1`; the same as `control_id`. */
  id: string
  /** The same as `title`. */
  name: string
  /** Whether `status` is `covered`; a partial one is not. */
  covered: boolean
  control_id: string
  title: string
  category: string
  description: string
  agent_relevance: Open<AgentRelevance>
  status: Open<'covered' | 'partial' | 'gap'>
  matched_policies: MatchedPolicy[]
  /** Empty when the control is covered. */
  gap_recommendations: string[]
}

/** Answer of {@link Compliance.mapCompliance}. */
export interface ComplianceMap {
  /** Whole percent of the controls; the same as `summary.coverage_percentage`. */
  coverage_pct: number
  /** Name to show, such as `SOC 2`; not the id. */
  framework: string
  framework_version: string
  /** `org-` and the organization's id. */
  project: string
  generated_at: string
  summary: ComplianceSummary
  /** In the framework's order. */
  controls: ComplianceControl[]
}

/** A control to work on. */
export interface RemediationItem {
  /** 1 and up; 1 comes first. */
  priority: number
  control_id: string
  title: string
  status: Open<'gap' | 'partial'>
  agent_relevance: Open<AgentRelevance>
  recommendations: string[]
  estimated_effort: Open<'1-2 hours' | '2-4 hours' | '4-8 hours' | '8-16 hours'>
}

/** Answer of {@link Compliance.analyzeGaps}. */
export interface GapAnalysis {
  /** Name to show; not the id. */
  framework: string
  analysis_date: string
  summary: ComplianceSummary & {
    /** Controls without any policy, of relevance critical; `high_gaps` likewise. */
    critical_gaps: number
    high_gaps: number
    total_remediation_items: number
    /** Such as `40-60 hours`. */
    estimated_total_effort: string
  }
  /** Most relevant first, gaps before partial controls. */
  remediation_plan: RemediationItem[]
  /** Those that take 2 hours or less to begin with. */
  quick_wins: RemediationItem[]
  risk_assessment: { overall_risk: Open<ComplianceRisk>; narrative: string; immediate_actions: string[] }
}

/** Answer of {@link Compliance.getComplianceReport}. */
export interface ComplianceReport {
  /** The report as text, whatever the format. */
  report: string
  format: Open<'json' | 'md'>
  generated_at: string
  /** The report as data; null when it is markdown. */
  document: ComplianceMap | null
}

/** Answer of {@link Compliance.getComplianceEvidence}. */
export interface ComplianceEvidence {
  /** As it was asked for. */
  window: string
  window_days: number
  evidence: {
    guard_decisions_total: number
    guard_decisions_blocked: number
    /** Decisions to ask for approval and decisions to warn, together. */
    approval_requests: number
    action_records_total: number
    /** Largest count first; so is the other. */
    breakdown: { action_type: string | null; decision: string; count: NumberText }[]
    action_breakdown: { action_type: string; count: NumberText }[]
  }
  generated_at: string
}

/** What an export holds. */
interface ExportInput {
  /** At least one; an unknown one becomes a section that says so. */
  frameworks: Open<FrameworkId>[]
  name?: string | null | undefined
  /** Default: `markdown`. In `json` each framework's report is a JSON text within the text; see {@link Compliance.downloadComplianceExport}. */
  format?: Open<'markdown' | 'json'> | null | undefined
  /** Whole days of evidence; 0 means the default. Default: 30. */
  window_days?: number | null | undefined
  /** Default: true, as that of `include_remediation`. */
  include_evidence?: boolean | null | undefined
  include_remediation?: boolean | null | undefined
  /** A section once two or more snapshots are stored. Default: false. */
  include_trends?: boolean | null | undefined
}

/** Input of {@link Compliance.createComplianceExport}; `name` defaults to `Compliance Export`. */
export interface ComplianceExportInput extends ExportInput {}

/** Input of {@link Compliance.createComplianceSchedule}; `name` defaults to `Scheduled Export`. */
export interface ComplianceScheduleInput extends ExportInput {
  /** Such as `0 8 * * 1`; the server does not check it. */
  cron_expression: string
}

/** What exports and schedules are stored with. */
interface Stored {
  /** `ce_…` of an export, `csch_…` of a schedule. */
  id: string
  name: string
  /** A list, or its JSON as text: that depends on the server's database. */
  frameworks: string[] | JsonText<string[]>
  format: Open<'markdown' | 'json'>
  window_days: number
  created_at: string
}

/** What a whole export or schedule holds besides. */
interface StoredChoices {
  org_id: string
  include_evidence: boolean
  include_remediation: boolean
  include_trends: boolean
}

/** An export in a list. */
export interface ComplianceExportSummary extends Stored {
  /** An export is built while it is created, so `pending` and `running` are seldom seen. */
  status: Open<'pending' | 'running' | 'completed' | 'failed'>
  /** Of the report in UTF-8; 0 until it is completed. */
  file_size_bytes: number
  /** Empty unless it failed. */
  error_message: string
  requested_by: string
  started_at: string | null
  completed_at: string | null
}

/** An export with its report. */
export interface ComplianceExport extends ComplianceExportSummary, StoredChoices {
  /** Empty until it is completed. */
  report_content: string
  /** Counts of the evidence, as an object or as JSON text; `{}` until it is completed. */
  evidence_summary: Record<string, unknown> | JsonText<Record<string, unknown>>
  /** Ids (`cs_…`) of the snapshots that it stored, as a list or as JSON text. */
  snapshot_ids: string[] | JsonText<string[]>
}

/** Answer of {@link Compliance.downloadComplianceExport}. */
export interface ComplianceExportFile {
  /** The text of the file as the server keeps it. */
  report: string
  /** A name that is safe to save under; the export's id where the server's name can't be read. */
  filename: string
  /** `text/markdown; charset=utf-8` or `application/json; charset=utf-8`. */
  content_type: string
  /** The report as data, where the text is one JSON report and nothing else. */
  document: ComplianceMap | null
}

/** A schedule as it is stored. */
export interface ComplianceSchedule extends Stored, StoredChoices {
  cron_expression: string
  /** True at first. */
  enabled: boolean | null
  /** 2.0 servers run no schedule: both times stay null, and the id empty. */
  last_run_at: string | null
  next_run_at: string | null
  last_export_id: string
  updated_at: string
}

/** Coverage at one time. */
export interface ComplianceTrend {
  framework: Open<FrameworkId>
  coverage_percentage: number
  covered: number
  partial: number
  gaps: number
  risk_level: Open<ComplianceRisk>
  created_at: string
}
