import { Core, checkedInput } from '../core/core.ts'
import { filteredPage, pages } from '../core/pages.ts'
import type { Flag, NumberText, Open, RequestOptions } from '../core/types.ts'
import type { SecuritySummary } from '../governance/records.ts'

/** Kinds of open loops. */
export type LoopType = 'followup' | 'question' | 'dependency' | 'approval' | 'review' | 'handoff' | 'other'
/** How urgent an open loop is. */
export type LoopPriority = 'low' | 'medium' | 'high' | 'critical'
/** `resolved` and `cancelled` are final. */
export type LoopStatus = 'open' | 'resolved' | 'cancelled'

/** Input of {@link Loops.registerOpenLoop}. */
export interface RegisterOpenLoopInput {
  /** The action that leaves the loop open. */
  action_id: string
  loop_type: Open<LoopType>
  /** What is unresolved; at most 2,000 characters. */
  description: string
  /** Id of your own, unique in the organization. Default: `loop_` and a UUID. */
  loop_id?: string | null | undefined
  /** Default: `medium`. */
  priority?: Open<LoopPriority> | null | undefined
  /** Who has to act; at most 256 characters. */
  owner?: string | null | undefined
  /** Default: `open`. */
  status?: Open<LoopStatus> | null | undefined
  /** Checked (2,000 characters), but not stored by 2.0 servers: resolve the loop instead. */
  resolution?: string | null | undefined
}

/** An open loop as it is stored. */
export interface OpenLoop {
  /** The id that works in every call: the same text as `loop_id`. */
  id: string
  /** Number of the row; no call takes it. */
  row_id: number
  org_id: string
  loop_id: string
  action_id: string
  loop_type: Open<LoopType>
  description: string
  status: Open<LoopStatus>
  priority: Open<LoopPriority>
  owner: string | null
  resolution: string | null
  /** ISO 8601 in UTC. */
  created_at: string
  /** When it was resolved or cancelled. */
  resolved_at: string | null
}

/** Facts of the action that a row belongs to; null when the action is gone. */
export interface OfAction {
  agent_id: string | null
  agent_name: string | null
  declared_goal: string | null
}

/** An open loop in a list. */
export interface ListedLoop extends OpenLoop, OfAction {
  action_type: string | null
}

/** Answer of {@link Loops.registerOpenLoop}. */
export interface RegisteredLoop {
  loop: OpenLoop & { agent_id: string; agent_name: string; declared_goal: string | null; action_type: string }
  loop_id: string
  security: SecuritySummary
}

/** Input of {@link Loops.resolveOpenLoop}. */
export interface ResolveOpenLoopInput {
  status: Open<'resolved' | 'cancelled'>
  /** How it was settled; at most 2,000 characters. Default for `resolved`: `Resolved`, since the server asks for a text. */
  resolution?: string | null | undefined
}

/** Filters of {@link Loops.getOpenLoops}. */
export interface OpenLoopFilters {
  /** Without it loops of every status are listed. */
  status?: Open<LoopStatus> | undefined
  loop_type?: Open<LoopType> | undefined
  priority?: Open<LoopPriority> | undefined
  /** Loops of one agent's actions. The server can't filter by it, so the SDK reads all pages and filters. */
  agent_id?: string | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Answer of {@link Loops.getOpenLoops}. */
export interface OpenLoopList {
  /** Critical first, then newest. */
  loops: ListedLoop[]
  /** All that match, not only this page. */
  total: number
  /** Of the whole organization, whatever the filters. */
  stats: { open_count: NumberText; resolved_count: NumberText; critical_open: NumberText; high_open: NumberText }
  lastUpdated: string
}

/** Input of {@link Loops.registerAssumption} and {@link Loops.recordAssumption}. */
export interface RegisterAssumptionInput {
  /** The action that rests on the assumption. */
  action_id: string
  /** What the agent takes for true; at most 2,000 characters. */
  assumption: string
  /** Why; at most 2,000 characters. */
  basis?: string | null | undefined
  /** Id of your own, unique in the organization. Default: `asm_` and a UUID. */
  assumption_id?: string | null | undefined
  validated?: boolean | null | undefined
  invalidated?: boolean | null | undefined
  /** At most 2,000 characters. */
  invalidated_reason?: string | null | undefined
}

/** An assumption as it is stored. */
export interface Assumption {
  /** The id that works in every call: the same text as `assumption_id`. */
  id: string
  /** Number of the row; no call takes it. */
  row_id: number
  org_id: string
  assumption_id: string
  action_id: string
  assumption: string
  basis: string | null
  validated: Flag
  /** Null when it was registered as validated. */
  validated_at: string | null
  /** Final. An assumption may be both validated and, later, invalidated. */
  invalidated: Flag
  invalidated_reason: string | null
  invalidated_at: string | null
  /** ISO 8601 in UTC. */
  created_at: string
}

/** Input of {@link Loops.validateAssumption}. */
export interface ValidateAssumptionInput {
  /** True: it held. False: it did not. */
  validated: boolean
  /** Why it did not hold; at most 2,000 characters. Default: `Invalidated`, since the server asks for a text. */
  invalidated_reason?: string | null | undefined
}

/** Filters of the lists of assumptions. */
export interface AssumptionFilters {
  action_id?: string | undefined
  /** Assumptions of one agent's actions. The server can't filter by it, so the SDK reads all pages and filters. */
  agent_id?: string | undefined
  /** True: validated ones. False: neither validated nor invalidated. */
  validated?: boolean | undefined
  /** True: neither validated nor invalidated for more than 7 days. */
  stale?: boolean | undefined
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** Answer of {@link Loops.listAssumptions}. */
export interface AssumptionList {
  /** Newest first. */
  assumptions: (Assumption & OfAction)[]
  /** All that match, not only this page. */
  total: number
  lastUpdated: string
}

/** An assumption in a drift report. */
export interface DriftAssumption extends Assumption, OfAction {
  /** 0 (validated, or fresh) to 100 (30 days unvalidated); null for one that was invalidated without ever being validated. */
  drift_score: number | null
}

/** Answer of {@link Loops.getDriftReport}. */
export interface DriftReport {
  /** This page of all that match, valid ones too; newest first. */
  assumptions: DriftAssumption[]
  /** Those that proved wrong, of all pages. */
  invalidated: DriftAssumption[]
  total: number
  /** `total` counts all that match; the other counts are of this page. */
  drift_summary: { total: number; at_risk: number; validated: number; invalidated: number; unvalidated: number }
  lastUpdated: string
}

const LOOPS =
  'getOpenLoops GET /api/actions/loops status loop_type priority limit:num offset:num agent_id -> loops!:[{}]'
const RESOLVE = 'resolveOpenLoop PATCH /api/actions/loops/:loop_id status! resolution -> loop!:{}'
const VALIDATE =
  'validateAssumption PATCH /api/actions/assumptions/:assumption_id validated!:bool invalidated_reason -> assumption!:{}'
const ASSUME =
  ' POST /api/actions/assumptions action_id! assumption! basis assumption_id validated:bool invalidated:bool invalidated_reason -> assumption!:{}'
const ASSUMPTIONS =
  'listAssumptions GET /api/actions/assumptions validated:bool stale:bool limit:num offset:num action_id agent_id -> assumptions!:[{}]'
const REPORT =
  'getDriftReport GET /api/actions/assumptions validated:bool stale:bool limit:num offset:num action_id agent_id -> assumptions!:[{}]'

/** Open loops and assumptions: what an action leaves unresolved, and what it took for true. */
export abstract class Loops extends Core {
  /**
   * Registers an open loop: an unfinished dependency of an action.
   *
   * @returns The loop with facts of its action; `loop.id` and `loop_id` are the id for {@link resolveOpenLoop}.
   * @throws {NotFoundError} When the action is unknown. {@link ConflictError} when `loop_id` is taken.
   * Route: `POST /api/actions/loops`. Not repeated after an unclear failure.
   */
  async registerOpenLoop(input: RegisterOpenLoopInput, options?: RequestOptions): Promise<RegisteredLoop> {
    const answer = await this.call<RegisteredLoop>(
      'registerOpenLoop POST /api/actions/loops action_id! loop_type! description! loop_id priority owner status resolution -> loop!:{}',
      input,
      options,
    )
    return loopOf(answer)
  }

  /**
   * Settles an open loop; both states are final.
   *
   * @param loopId - `loop.id` (`loop_…`).
   * @throws {NotFoundError} When the loop is unknown. {@link ConflictError} when it is not open any more.
   * Route: `PATCH /api/actions/loops/:loop_id`.
   */
  async resolveOpenLoop(
    loopId: string,
    input: ResolveOpenLoopInput,
    options?: RequestOptions,
  ): Promise<{ loop: OpenLoop; security: SecuritySummary }> {
    const fields = checkedInput(this, RESOLVE, input)
    const answer = await this.call<{ loop: OpenLoop; security: SecuritySummary }>(
      RESOLVE,
      fields.status === 'resolved' && !fields.resolution ? { ...fields, resolution: 'Resolved' } : fields,
      options,
      loopId,
    )
    return loopOf(answer)
  }

  /**
   * Lists loops of every status unless `status` is given, critical first, then newest.
   *
   * Route: `GET /api/actions/loops`. With `agent_id` all pages are read (200 a request) and filtered here.
   */
  async getOpenLoops(filters: OpenLoopFilters = {}, options?: RequestOptions): Promise<OpenLoopList> {
    const { agent_id, ...rest } = checkedInput(this, LOOPS, filters)
    const read = (page: object) => this.call<OpenLoopList>(LOOPS, page, options)
    if (agent_id === undefined) return rowsOf(await read(rest), 'loops', 'loop_id')
    const { answer, all, page } = await filteredPage(
      'loops',
      rest,
      read,
      (loop: ListedLoop) => loop.agent_id === agent_id,
    )
    return rowsOf({ ...answer, loops: page, total: all.length }, 'loops', 'loop_id')
  }

  /** Every loop that matches, page after page; see {@link getOpenLoops}. Leave the loop, or abort `options.signal`, to stop. */
  iterateOpenLoops(
    filters: OpenLoopFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<ListedLoop, void, undefined> {
    return pages('loops', 'loop_id', filters, (page) => this.getOpenLoops(page, options), options)
  }

  /**
   * Reads one loop with facts of its action.
   *
   * @param loopId - `loop.id` (`loop_…`).
   * @throws {NotFoundError} When the loop is unknown. Route: `GET /api/actions/loops/:loop_id`.
   */
  async getOpenLoop(
    loopId: string,
    options?: RequestOptions,
  ): Promise<{ loop: ListedLoop & { action_status: string | null } }> {
    const answer = await this.call<{ loop: ListedLoop & { action_status: string | null } }>(
      'getOpenLoop GET /api/actions/loops/:loop_id -> loop!:{}',
      undefined,
      options,
      loopId,
    )
    return loopOf(answer)
  }

  /**
   * Registers an assumption: what the agent took for true when it acted.
   *
   * @returns The assumption; `assumption.id` and `assumption_id` are the id for {@link validateAssumption}.
   * @throws {NotFoundError} When the action is unknown. {@link ConflictError} when `assumption_id` is taken.
   * Route: `POST /api/actions/assumptions`. Not repeated after an unclear failure.
   */
  async registerAssumption(
    input: RegisterAssumptionInput,
    options?: RequestOptions,
  ): Promise<{ assumption: Assumption; assumption_id: string; security: SecuritySummary }> {
    const answer = await this.call<{ assumption: Assumption; assumption_id: string; security: SecuritySummary }>(
      'registerAssumption' + ASSUME,
      input,
      options,
    )
    return assumptionOf(answer)
  }

  /** The same as {@link registerAssumption}, under the second name that the documentation gives it. Route: `POST /api/actions/assumptions`. */
  async recordAssumption(
    input: RegisterAssumptionInput,
    options?: RequestOptions,
  ): Promise<{ assumption: Assumption; assumption_id: string; security: SecuritySummary }> {
    return assumptionOf(await this.call('recordAssumption' + ASSUME, input, options))
  }

  /**
   * Reads one assumption with facts of its action.
   *
   * @param assumptionId - `assumption.id` (`asm_…`).
   * @throws {NotFoundError} When it is unknown. Route: `GET /api/actions/assumptions/:assumption_id`.
   */
  async getAssumption(
    assumptionId: string,
    options?: RequestOptions,
  ): Promise<{ assumption: Assumption & OfAction & { action_type: string | null; action_status: string | null } }> {
    const answer = await this.call<{
      assumption: Assumption & OfAction & { action_type: string | null; action_status: string | null }
    }>('getAssumption GET /api/actions/assumptions/:assumption_id -> assumption!:{}', undefined, options, assumptionId)
    return assumptionOf(answer)
  }

  /**
   * Says whether an assumption held. Validating twice is fine; an invalidation is final.
   *
   * @param assumptionId - `assumption.id` (`asm_…`).
   * @returns `security` comes with an invalidation only.
   * @throws {NotFoundError} When it is unknown. {@link ConflictError} when it was invalidated before.
   * Route: `PATCH /api/actions/assumptions/:assumption_id`.
   */
  async validateAssumption(
    assumptionId: string,
    input: ValidateAssumptionInput,
    options?: RequestOptions,
  ): Promise<{ assumption: Assumption; security?: SecuritySummary }> {
    const fields = checkedInput(this, VALIDATE, input)
    const answer = await this.call<{ assumption: Assumption; security?: SecuritySummary }>(
      VALIDATE,
      fields.validated === false && !fields.invalidated_reason?.trim()
        ? { ...fields, invalidated_reason: 'Invalidated' }
        : fields,
      options,
      assumptionId,
    )
    return assumptionOf(answer)
  }

  /**
   * Reports how far the assumptions have drifted: a score for each, and those that proved wrong under `invalidated`.
   *
   * Route: `GET /api/actions/assumptions?drift=true`. `invalidated`, and `agent_id`, need all pages (200 a request).
   */
  async getDriftReport(filters: AssumptionFilters = {}, options?: RequestOptions): Promise<DriftReport> {
    const { agent_id, ...rest } = checkedInput(this, REPORT, filters)
    const read = (page: object) => this.call<DriftReport>(REPORT, { ...page, drift: true }, options)
    const own = (row: DriftAssumption) => agent_id === undefined || row.agent_id === agent_id
    let answer = agent_id === undefined ? await read(rest) : undefined
    // A first page that holds all needs no second look.
    const whole =
      answer && !rest.offset && answer.assumptions.length >= answer.total
        ? { answer, all: answer.assumptions, page: answer.assumptions }
        : await filteredPage('assumptions', rest, read, own)
    const { all, page } = whole
    if (!answer) {
      const count = (match: (row: DriftAssumption) => boolean) => page.filter(match).length
      answer = {
        ...whole.answer,
        assumptions: page,
        total: all.length,
        drift_summary: {
          total: all.length,
          at_risk: count((row) => (row.drift_score ?? 0) >= 50),
          validated: count((row) => row.validated === 1),
          invalidated: count((row) => row.invalidated === 1),
          unvalidated: count((row) => row.validated === 0 && row.invalidated === 0),
        },
      }
    }
    const invalidated = all.filter((row) => row.invalidated === 1)
    return rowsOf(rowsOf({ ...answer, invalidated }, 'assumptions', 'assumption_id'), 'invalidated', 'assumption_id')
  }

  /**
   * Lists assumptions, newest first.
   *
   * Route: `GET /api/actions/assumptions`. With `agent_id` all pages are read (200 a request) and filtered here.
   */
  async listAssumptions(filters: AssumptionFilters = {}, options?: RequestOptions): Promise<AssumptionList> {
    const { agent_id, ...rest } = checkedInput(this, ASSUMPTIONS, filters)
    const read = (page: object) => this.call<AssumptionList>(ASSUMPTIONS, page, options)
    if (agent_id === undefined) return rowsOf(await read(rest), 'assumptions', 'assumption_id')
    const { answer, all, page } = await filteredPage(
      'assumptions',
      rest,
      read,
      (row: Assumption & OfAction) => row.agent_id === agent_id,
    )
    return rowsOf({ ...answer, assumptions: page, total: all.length }, 'assumptions', 'assumption_id')
  }

  /** Every assumption that matches, page after page; see {@link listAssumptions}. */
  iterateAssumptions(
    filters: AssumptionFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<Assumption & OfAction, void, undefined> {
    return pages('assumptions', 'assumption_id', filters, (page) => this.listAssumptions(page, options), options)
  }
}

/** The documentation passes `loop["loop"]["id"]` on, which on the wire is a row number that no call takes. */
function textId<R extends object>(row: R, key: string): R {
  const fields = row as Record<string, unknown>
  return { ...row, id: fields[key], row_id: fields['id'] }
}

const loopOf = <A extends { loop: object }>(answer: A): A => ({ ...answer, loop: textId(answer.loop, 'loop_id') })

const assumptionOf = <A extends { assumption: object }>(answer: A): A => ({
  ...answer,
  assumption: textId(answer.assumption, 'assumption_id'),
})

const rowsOf = <K extends string, A extends { [P in K]: object[] }>(answer: A, key: K, id: string): A => ({
  ...answer,
  [key]: answer[key].map((row) => textId(row, id)),
})
