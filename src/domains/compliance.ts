import { Core, callRoute, checkedInput } from '../core/core.ts'
import { jsonIn } from '../core/encoding.ts'
import { APIError } from '../core/errors.ts'
import { fileName } from '../core/file-name.ts'
import type { Download } from '../core/transport.ts'
import type { Open, RequestOptions } from '../core/types.ts'
import type {
  ComplianceEvidence,
  ComplianceExport,
  ComplianceExportFile,
  ComplianceExportInput,
  ComplianceExportSummary,
  ComplianceMap,
  ComplianceReport,
  ComplianceSchedule,
  ComplianceScheduleInput,
  ComplianceTrend,
  Framework,
  FrameworkId,
  GapAnalysis,
} from './compliance-types.ts'

export type * from './compliance-types.ts'

const EXPORTS = '/api/compliance/exports'

/** Compliance: how far the active guard policies cover the controls of a framework, with reports and evidence for auditors. */
export abstract class Compliance extends Core {
  /**
   * Maps the active policies to the controls of a framework.
   *
   * @param framework - Its id, such as `soc2`; `listFrameworks` names them.
   * @throws {NotFoundError} When the server has no such framework. Route: `GET /api/compliance/map`.
   */
  async mapCompliance(framework: Open<FrameworkId>, options?: RequestOptions): Promise<ComplianceMap> {
    return withDocumented(
      await this.call(
        'mapCompliance@2 GET /api/compliance/map framework!# -> summary!:{} controls!:[{}]',
        { framework },
        options,
      ),
    )
  }

  /**
   * Finds the controls that are not covered, and what to do about them.
   *
   * @param framework - Its id, such as `soc2`; `listFrameworks` names them.
   * @throws {NotFoundError} When the server has no such framework. Route: `GET /api/compliance/gaps`.
   */
  analyzeGaps(framework: Open<FrameworkId>, options?: RequestOptions): Promise<GapAnalysis> {
    return this.call('analyzeGaps@2 GET /api/compliance/gaps framework!#', { framework }, options)
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
    const route = 'getComplianceReport@2 GET /api/compliance/report framework!# format=json -> '
    const answer = await this.call<ComplianceReport>(
      route,
      { ...checkedInput(this, route, filters, { framework }) },
      options,
    )
    return { ...answer, document: answer.format === 'json' ? documentIn(answer.report) : null }
  }

  /** Lists the frameworks of the server, by id. Route: `GET /api/compliance/frameworks`. */
  listFrameworks(options?: RequestOptions): Promise<{ frameworks: Framework[] }> {
    return this.call('listFrameworks@2 GET /api/compliance/frameworks', undefined, options)
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
    return this.call('getComplianceEvidence@2 GET /api/compliance/evidence window=7d', filters, options)
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
    const answer = await this.call<{ id: string }>(
      'createComplianceExport@2 POST /api/compliance/exports frameworks!:list name format window_days:num include_evidence:bool include_remediation:bool include_trends:bool -> ',
      input,
      options,
    )
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
    return this.call('listComplianceExports@2 GET /api/compliance/exports limit:num', filters, options)
  }

  /**
   * Reads an export and its report.
   *
   * @param exportId - `ce_…`.
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/compliance/exports/:export_id`.
   */
  getComplianceExport(exportId: string, options?: RequestOptions): Promise<ComplianceExport> {
    return this.call('getComplianceExport@2 GET /api/compliance/exports/:export_id', undefined, options, exportId)
  }

  /**
   * Downloads the report of an export. JSON is one document only for a single framework without evidence, remediation, trends.
   *
   * @param exportId - `ce_…`.
   * @throws {NotFoundError} When it is unknown. {@link ConflictError} when it is not completed.
   * Route: `GET /api/compliance/exports/:export_id/download`.
   */
  async downloadComplianceExport(exportId: string, options?: RequestOptions): Promise<ComplianceExportFile> {
    const route = 'downloadComplianceExport@2 GET /api/compliance/exports/:export_id/download'
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
    return this.call('deleteComplianceExport@2 DELETE /api/compliance/exports/:export_id', undefined, options, exportId)
  }

  /**
   * Stores a schedule of exports. 2.0 servers keep schedules but run none: call {@link createComplianceExport} from a job of your own.
   *
   * Route: `POST /api/compliance/schedules`. Not repeated after an unclear failure.
   */
  createComplianceSchedule(input: ComplianceScheduleInput, options?: RequestOptions): Promise<{ id: string }> {
    return this.call(
      'createComplianceSchedule@2 POST /api/compliance/schedules frameworks!:list name format window_days:num include_evidence:bool include_remediation:bool include_trends:bool cron_expression!',
      input,
      options,
    )
  }

  /** Lists all schedules, newest first. Route: `GET /api/compliance/schedules`. */
  listComplianceSchedules(options?: RequestOptions): Promise<{ schedules: ComplianceSchedule[] }> {
    return this.call('listComplianceSchedules@2 GET /api/compliance/schedules', undefined, options)
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
    return this.call(
      'updateComplianceSchedule@2 PATCH /api/compliance/schedules/:schedule_id enabled:bool name',
      input,
      options,
      scheduleId,
    )
  }

  /**
   * Deletes a schedule.
   *
   * @param scheduleId - `csch_…`; an unknown one gives the same answer. Route: `DELETE /api/compliance/schedules/:schedule_id`.
   */
  deleteComplianceSchedule(scheduleId: string, options?: RequestOptions): Promise<{ deleted: boolean }> {
    return this.call(
      'deleteComplianceSchedule@2 DELETE /api/compliance/schedules/:schedule_id',
      undefined,
      options,
      scheduleId,
    )
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
    return this.call('getComplianceTrends@2 GET /api/compliance/trends limit:num framework', filters, options)
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
  const once = jsonIn(text)
  try {
    return withDocumented((typeof once === 'string' ? jsonIn(once) : once) as ComplianceMap)
  } catch {
    return null
  }
}
