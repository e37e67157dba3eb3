import type { JsonText, Open } from '../core/types.ts'

/** Kinds of secrets that a scan knows. */
export type SecretCategory = 'api_key' | 'cloud_credential' | 'token' | 'private_key' | 'password' | 'connection_string'

/** Kinds of prompt injection that a scan knows. */
export type InjectionCategory =
  | 'role_override'
  | 'delimiter_injection'
  | 'instruction_smuggling'
  | 'context_manipulation'
  | 'data_exfiltration'
  | 'output_manipulation'
  | 'encoding_evasion'

/** Input of {@link Security.scanContent} and {@link Security.reportSecurityFinding}. */
export interface ScanContentInput {
  /** What to look through; the request as a whole may have 2 MiB. */
  text: string
  /** Where the text is about to go, such as `slack`; comes back in the answer. */
  destination?: string | null | undefined
  /** Default: the client's agent. */
  agent_id?: string | null | undefined
}

/** A secret in a text. */
export interface ScanFinding {
  /** Name of the pattern, such as `openai_key`. */
  pattern: string
  category: Open<SecretCategory>
  severity: Open<'critical' | 'high'>
  /** The first 8 characters of the match and `***`. */
  preview: string
}

/** Answer of {@link Security.scanContent} and {@link Security.reportSecurityFinding}. */
export interface ScanResult {
  /** True when nothing was found. */
  clean: boolean
  findings_count: number
  critical_count: number
  /** In order of the first finding. */
  categories: Open<SecretCategory>[]
  /** Pattern by pattern. One piece of text may be found by two patterns. */
  findings: ScanFinding[]
  /** The text with `[REDACTED:<pattern>]` in place of each finding. */
  redacted: string
  /** The same text, under the name that the server gives it. */
  redacted_text: string
  destination: string | null
}

/** Input of {@link Security.scanPromptInjection}. */
export interface ScanPromptInjectionInput {
  /** What to look through; the request as a whole may have 2 MiB. */
  text: string
  /** Where the text comes from, such as `user_input`; comes back in the answer. */
  source?: string | null | undefined
  /** Default: the client's agent. */
  agent_id?: string | null | undefined
  /** False: keep no record of a finding. Default: true, which keeps counts and a hash of the text, never the text. */
  store?: boolean | null | undefined
}

/** Part of a text that looks like prompt injection. */
export interface PromptInjectionFinding {
  /** Name of the pattern, such as `ignore_instructions`. */
  pattern: string
  category: Open<InjectionCategory>
  severity: Open<'critical' | 'high' | 'medium'>
  /** The first 20 characters of the match, and `...` when it is longer. */
  matched: string
  /** Where the match begins, in UTF-16 units. */
  position: number
}

/** Answer of {@link Security.scanPromptInjection}. */
export interface PromptInjectionResult {
  /** True when nothing was found. */
  clean: boolean
  /** The highest severity of the findings. */
  risk_level: Open<'none' | 'low' | 'medium' | 'high' | 'critical'>
  /** `block` for a critical finding, `warn` for any other, `allow` for none. */
  recommendation: Open<'allow' | 'warn' | 'block'>
  findings_count: number
  critical_count: number
  /** In order of the first finding. */
  categories: Open<InjectionCategory>[]
  findings: PromptInjectionFinding[]
  source: string | null
}

/** The record of a scan that found something. */
export interface PromptInjectionScan {
  /** `pi_…`. */
  id: string
  agent_id: string | null
  /** SHA-256 of the text, in hex. */
  content_hash: string
  findings_count: number
  critical_count: number
  /** JSON list as text. */
  categories: JsonText<Open<InjectionCategory>[]>
  risk_level: Open<'low' | 'medium' | 'high' | 'critical'>
  recommendation: Open<'allow' | 'warn' | 'block'>
  source: string | null
  /** ISO 8601 in UTC. */
  scanned_at: string
}

/** Filters of {@link Security.listPromptInjectionScans}. */
export interface PromptInjectionScanFilters {
  /** 0 to 200; larger values are cut by the server. Default: 50. */
  limit?: number | undefined
  offset?: number | undefined
}

/** One check of the server's setup. */
export interface SecurityCheck {
  id: Open<
    | 'enc_key_ok'
    | 'enc_key_missing'
    | 'enc_key_invalid'
    | 'db_url_ok'
    | 'db_url_missing'
    | 'encryption_coverage_ok'
    | 'unencrypted_settings'
    | 'db_query_failed'
    | 'webhook_allowlist_ok'
    | 'webhook_allowlist_unset'
  >
  status: Open<'ok' | 'info' | 'warning' | 'critical'>
  /** For people; the wording may change. */
  label: string
  detail?: string
}
