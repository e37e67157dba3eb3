import { expectTypeOf } from 'vitest'
import type { JsonText, Open } from '../../src/core/types.ts'
import type {
  InjectionCategory,
  PromptInjectionResult,
  PromptInjectionScan,
  ScanResult,
  SecretCategory,
  Security,
  SecurityCheck,
} from '../../src/domains/security.ts'

declare const claw: Security
const options = { timeout: 1_000 }

// scanContent
expectTypeOf(claw.scanContent({ text: 't' }, options)).resolves.toEqualTypeOf<ScanResult>()
claw.scanContent({ text: 't', destination: null, agent_id: 'a' })
expectTypeOf<ScanResult['redacted']>().toEqualTypeOf<string>()
expectTypeOf<ScanResult['redacted_text']>().toEqualTypeOf<string>()
expectTypeOf<ScanResult['categories']>().toEqualTypeOf<Open<SecretCategory>[]>()
// @ts-expect-error text is required
claw.scanContent({ destination: 'slack' })
// @ts-expect-error the method decides what is stored
claw.scanContent({ text: 't', store: true })

// reportSecurityFinding
expectTypeOf(
  claw.reportSecurityFinding({ text: 't', destination: 'slack' }, options),
).resolves.toEqualTypeOf<ScanResult>()
// @ts-expect-error text is a text
claw.reportSecurityFinding({ text: 5 })

// scanPromptInjection
expectTypeOf(
  claw.scanPromptInjection({ text: 't', source: 'user_input', store: false }, options),
).resolves.toEqualTypeOf<PromptInjectionResult>()
expectTypeOf<PromptInjectionResult['recommendation']>().toEqualTypeOf<Open<'allow' | 'warn' | 'block'>>()
expectTypeOf<PromptInjectionResult['source']>().toEqualTypeOf<string | null>()
expectTypeOf<PromptInjectionResult['findings'][number]['position']>().toEqualTypeOf<number>()
// @ts-expect-error text is required
claw.scanPromptInjection({ source: 'user_input' })
// @ts-expect-error store is a flag
claw.scanPromptInjection({ text: 't', store: 'no' })

// listPromptInjectionScans
expectTypeOf(claw.listPromptInjectionScans({ limit: 5, offset: 0 }, options)).resolves.toEqualTypeOf<{
  scans: PromptInjectionScan[]
  total: number
}>()
expectTypeOf<PromptInjectionScan['categories']>().toEqualTypeOf<JsonText<Open<InjectionCategory>[]>>()
// @ts-expect-error there is no such filter
claw.listPromptInjectionScans({ agent_id: 'a' })

// iteratePromptInjectionScans
expectTypeOf(claw.iteratePromptInjectionScans({ limit: 5 }, options)).toEqualTypeOf<
  AsyncGenerator<PromptInjectionScan, void, undefined>
>()

// getSecurityStatus
expectTypeOf(claw.getSecurityStatus(options)).resolves.toEqualTypeOf<{
  score: number
  checks: SecurityCheck[]
  timestamp: string
}>()
expectTypeOf<SecurityCheck['detail']>().toEqualTypeOf<string | undefined>()
