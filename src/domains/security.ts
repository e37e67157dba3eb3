import { Core, checkedInput } from '../core/core.ts'
import { pages } from '../core/pages.ts'
import type { RequestOptions } from '../core/types.ts'
import type {
  PromptInjectionResult,
  PromptInjectionScan,
  PromptInjectionScanFilters,
  ScanContentInput,
  ScanPromptInjectionInput,
  ScanResult,
  SecurityCheck,
} from './security-types.ts'

export type * from './security-types.ts'

const SCAN = 'scanContent@2 POST~ /api/security/scan text! destination agent_id@agentId -> '
const FINDING = 'reportSecurityFinding@2 POST /api/security/scan text! destination agent_id@agentId -> '

/** Secrets and prompt injection in texts, found by fixed patterns. */
export abstract class Security extends Core {
  /**
   * Looks for secrets in a string before it goes somewhere, and masks them. Nothing is stored.
   *
   * Found are 13 patterns: `api_key = …` lines, keys of AWS, OpenAI (`sk-` and 20 letters or digits), Anthropic, Stripe, tokens of
   * GitHub and Slack, JSON web tokens, `Bearer` tokens, headers of private keys, quoted passwords, and postgres, mysql, mongodb
   * and redis URLs. **Not** found are social security numbers, e-mail addresses, card numbers, and keys that are too short.
   *
   * @returns What was found, and the masked text under `redacted`.
   * Route: `POST /api/security/scan` (`store: false`). Repeated after a failure. Any role but readonly.
   */
  async scanContent(input: ScanContentInput, options?: RequestOptions): Promise<ScanResult> {
    return redacted(await this.call<ScanResult>(SCAN, { ...checkedInput(this, SCAN, input), store: false }, options))
  }

  /**
   * Scans as {@link scanContent} does, and records a finding. The record holds the agent, counts, kinds and a hash of the string, never
   * the string itself. No call lists these records.
   *
   * @returns What was found, and the masked text under `redacted`.
   * Route: `POST /api/security/scan` (`store: true`). Not repeated after an unclear failure. Any role but readonly.
   */
  async reportSecurityFinding(input: ScanContentInput, options?: RequestOptions): Promise<ScanResult> {
    return redacted(
      await this.call<ScanResult>(FINDING, { ...checkedInput(this, FINDING, input), store: true }, options),
    )
  }

  /**
   * Looks for prompt injection in a string (29 patterns in English). A finding is recorded unless `store` is false.
   *
   * @returns Resolves whatever is found: look at `recommendation`.
   * Route: `POST /api/security/prompt-injection`. Repeated after a failure, which may record a finding twice. Any role but readonly.
   */
  async scanPromptInjection(input: ScanPromptInjectionInput, options?: RequestOptions): Promise<PromptInjectionResult> {
    return this.call(
      'scanPromptInjection POST~ /api/security/prompt-injection text! agent_id@agentId store:bool source',
      input,
      options,
    )
  }

  /**
   * Lists the recorded scans, newest first. Any role may read it.
   *
   * @returns `total` counts all, not only this page. Route: `GET /api/security/prompt-injection`.
   */
  listPromptInjectionScans(
    filters: PromptInjectionScanFilters = {},
    options?: RequestOptions,
  ): Promise<{ scans: PromptInjectionScan[]; total: number }> {
    return this.call(
      'listPromptInjectionScans GET /api/security/prompt-injection limit:num offset:num',
      filters,
      options,
    )
  }

  /** Every recorded scan, page after page; see {@link listPromptInjectionScans}. */
  iteratePromptInjectionScans(
    filters: PromptInjectionScanFilters = {},
    options?: RequestOptions,
  ): AsyncGenerator<PromptInjectionScan, void, undefined> {
    return pages('scans', 'id', filters, (page) => this.listPromptInjectionScans(page, options), options)
  }

  /**
   * Tells how the server itself is set up: encryption key, database, stored settings, webhook domains. Needs an admin key.
   *
   * @returns `score` 0 to 100, and one check a topic.
   * @throws {PermissionDeniedError} For another role. Route: `GET /api/security/status`.
   */
  getSecurityStatus(options?: RequestOptions): Promise<{ score: number; checks: SecurityCheck[]; timestamp: string }> {
    return this.call('getSecurityStatus GET /api/security/status', undefined, options)
  }
}

/** The documentation reads `redacted`. */
const redacted = (answer: ScanResult): ScanResult => ({ ...answer, redacted: answer.redacted_text })
