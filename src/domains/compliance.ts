import { Core, callRoute } from '../core/core.ts'
import { APIError } from '../core/errors.ts'
import type { Download } from '../core/transport.ts'
import type { JsonText, NumberText, Open, RequestOptions } from '../core/types.ts'
import { fileName } from '../governance/attachments.ts'

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

const ROOT = '/api/compliance/'
const EXPORTS = `${ROOT}exports`
const SCHEDULES = `${ROOT}schedules`
const FRAMEWORK = 'framework!:text'
const FIELDS =
  'frameworks!:list name:text format:text window_days:int include_evidence:bool include_remediation:bool include_trends:bool'

/** Compliance: how far the active guard policies cover the controls of a framework, with reports and evidence for auditors. */
export abstract class Compliance extends Core {
  /**
   * Maps the active policies to the controls of a framework.
   *
   * @param framework - Its id, such as `soc2`; `listFrameworks` names them.
   * @throws {NotFoundError} When the server has no such framework. Route: `GET /api/compliance/map`.
   */
  async mapCompliance(framework: Open<FrameworkId>, options?: RequestOptions): Promise<ComplianceMap> {
    return withDocumented(await this.call(`GET ${ROOT}map ${FRAMEWORK}`, { framework }, options))
  }

  /**
   * Finds the controls that are not covered, and what to do about them.
   *
   * @param framework - Its id, such as `soc2`; `listFrameworks` names them.
   * @throws {NotFoundError} When the server has no such framework. Route: `GET /api/compliance/gaps`.
   */
  analyzeGaps(framework: Open<FrameworkId>, options?: RequestOptions): Promise<GapAnalysis> {
    return this.call(`GET ${ROOT}gaps ${FRAMEWORK}`, { framework }, options)
  }

  /**
   * Writes the report of a framework. Each call also stores a snapshot, which {@link getComplianceTrends} shows.
   *
   * @param framework - Its id, such as `soc2`; `listFrameworks` names them.
   * @param filters - `format`: `json` (default) or `md`; anything else is answered in markdown.
   * @throws {NotFoundError} When the server has no such framework. Route: `GET /api/compliance/report`.
   */
  async getComplianceReport(
    framework: Open<FrameworkId>,
    filters: { format?: Open<'json' | 'md'> | undefined } = {},
    options?: RequestOptions,
  ): Promise<ComplianceReport> {
    const route = `GET ${ROOT}report ${FRAMEWORK} format=json`
    const answer = await this.call<ComplianceReport>(route, { ...filters, framework }, options)
    return { ...answer, document: answer.format === 'json' ? withDocumented(JSON.parse(answer.report)) : null }
  }

  /** Lists the frameworks of the server, by id. Route: `GET /api/compliance/frameworks`. */
  listFrameworks(options?: RequestOptions): Promise<{ frameworks: Framework[] }> {
    return this.call(`GET ${ROOT}frameworks`, undefined, options)
  }

  /**
   * Counts what the guard decided and what agents did in the last days.
   *
   * @param filters - `window`: days, such as `7d` (default), `30d`, `90d`. Other units mean days as well: `24h` is 24 days.
   * Route: `GET /api/compliance/evidence`.
   */
  getComplianceEvidence(
    filters: { window?: Open<'7d' | '30d' | '90d'> | undefined } = {},
    options?: RequestOptions,
  ): Promise<ComplianceEvidence> {
    return this.call(`GET ${ROOT}evidence window=7d:text`, filters, options)
  }

  /**
   * Builds and stores an export of one or more frameworks. The server answers before it says how building went, so the
   * export is read back.
   *
   * @returns Its id, and the export itself; null when only reading it back failed.
   * @throws {APIError} When the export failed on the server: `body` is the stored export, the message holds its reason.
   * Route: `POST /api/compliance/exports`, then `GET /api/compliance/exports/:export_id`. Not repeated after an unclear failure.
   */
  async createComplianceExport(
    input: ComplianceExportInput,
    options?: RequestOptions,
  ): Promise<{ id: string; export: ComplianceExport | null }> {
    const answer = await this.call<{ id: string }>(`POST ${EXPORTS} ${FIELDS}`, input, options)
    const stored = await this.getComplianceExport(answer.id, options).catch(() => null)
    if (stored?.status === 'failed') {
      throw new APIError(`The server could not build the export ${answer.id}: ${stored.error_message}`, {
        status: 201,
        method: 'POST',
        path: EXPORTS,
        body: stored,
      })
    }
    return { ...answer, export: stored }
  }

  /**
   * Lists exports, newest first, without their reports.
   *
   * @param filters - `limit`: 0 to 100, larger values are cut by the server; default 20. Route: `GET /api/compliance/exports`.
   */
  listComplianceExports(
    filters: { limit?: number | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ exports: ComplianceExportSummary[] }> {
    return this.call(`GET ${EXPORTS} limit:int0..`, filters, options)
  }

  /**
   * Reads an export and its report.
   *
   * @param exportId - `ce_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/compliance/exports/:export_id`.
   */
  getComplianceExport(exportId: string, options?: RequestOptions): Promise<ComplianceExport> {
    return this.call(`GET ${EXPORTS}/:export_id`, undefined, options, exportId)
  }

  /**
   * Downloads the report of an export. JSON is one document only for a single framework without evidence, remediation, trends.
   *
   * @param exportId - `ce_…`.
   * @throws {NotFoundError} When it is unknown. {@link ConflictError} when it is not completed.
   * Route: `GET /api/compliance/exports/:export_id/download`.
   */
  async downloadComplianceExport(exportId: string, options?: RequestOptions): Promise<ComplianceExportFile> {
    const route = `GET ${EXPORTS}/:export_id/download`
    const { bytes, headers } = await callRoute<Download>(this, route, undefined, options, [exportId], { read: 'bytes' })
    const report = new TextDecoder().decode(bytes)
    return {
      report,
      filename: fileName(headers.get('content-disposition')) || exportId,
      content_type: headers.get('content-type') ?? 'application/octet-stream',
      document: documentIn(report),
    }
  }

  /**
   * Deletes an export.
   *
   * @param exportId - `ce_…`; an unknown one gives the same answer. Route: `DELETE /api/compliance/exports/:export_id`.
   */
  deleteComplianceExport(exportId: string, options?: RequestOptions): Promise<{ deleted: boolean }> {
    return this.call(`DELETE ${EXPORTS}/:export_id`, undefined, options, exportId)
  }

  /**
   * Stores a schedule of exports. 2.0 servers keep schedules but run none: call {@link createComplianceExport} from a job of your own.
   *
   * Route: `POST /api/compliance/schedules`. Not repeated after an unclear failure.
   */
  createComplianceSchedule(input: ComplianceScheduleInput, options?: RequestOptions): Promise<{ id: string }> {
    return this.call(`POST ${SCHEDULES} ${FIELDS} cron_expression!:text`, input, options)
  }

  /** Lists all schedules, newest first. Route: `GET /api/compliance/schedules`. */
  listComplianceSchedules(options?: RequestOptions): Promise<{ schedules: ComplianceSchedule[] }> {
    return this.call(`GET ${SCHEDULES}`, undefined, options)
  }

  /**
   * Switches a schedule on or off, or renames it; servers ignore all other fields.
   *
   * @param scheduleId - `csch_…`.
   * @param input - An empty `name` is ignored.
   * @throws {NotFoundError} When it is unknown. Route: `PATCH /api/compliance/schedules/:schedule_id`.
   */
  updateComplianceSchedule(
    scheduleId: string,
    input: { enabled?: boolean | null | undefined; name?: string | undefined } = {},
    options?: RequestOptions,
  ): Promise<ComplianceSchedule> {
    return this.call(`PATCH ${SCHEDULES}/:schedule_id enabled:bool name:text`, input, options, scheduleId)
  }

  /**
   * Deletes a schedule.
   *
   * @param scheduleId - `csch_…`; an unknown one gives the same answer. Route: `DELETE /api/compliance/schedules/:schedule_id`.
   */
  deleteComplianceSchedule(scheduleId: string, options?: RequestOptions): Promise<{ deleted: boolean }> {
    return this.call(`DELETE ${SCHEDULES}/:schedule_id`, undefined, options, scheduleId)
  }

  /**
   * Lists snapshots of coverage, newest first; reports and exports store them.
   *
   * @param filters - `framework`: all of them by default. `limit`: 0 to 100, larger values are cut by the server; default 30.
   * Route: `GET /api/compliance/trends`.
   */
  getComplianceTrends(
    filters: { framework?: Open<FrameworkId> | undefined; limit?: number | undefined } = {},
    options?: RequestOptions,
  ): Promise<{ trends: ComplianceTrend[] }> {
    return this.call(`GET ${ROOT}trends limit:int0..`, filters, options)
  }
}

/** The server's map with the documented fields beside its own. */
function withDocumented(map: ComplianceMap): ComplianceMap {
  return {
    ...map,
    coverage_pct: map.summary.coverage_percentage,
    controls: map.controls.map((control) => ({
      ...control,
      id: control.control_id,
      name: control.title,
      covered: control.status === 'covered',
    })),
  }
}

/** What a JSON export holds: a JSON text in a JSON text. */
function documentIn(text: string): ComplianceMap | null {
  try {
    return withDocumented(JSON.parse(JSON.parse(text)))
  } catch {
    return null
  }
}
