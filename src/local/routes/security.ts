import { sha256Hex } from '../rules/bytes.ts'
import { scanInjection, scanSecrets } from '../rules/scanners.ts'
import { text as column, filled } from '../state/columns.ts'
import { hexId } from '../state/ids.ts'
import { error, json } from './answers.ts'
import { page } from './fields.ts'
import { type Context, type Route, route, saving } from './route.ts'

interface FindingRow {
  id: string
  agent_id: string | null
  content_hash: string
  findings_count: number
  critical_count: number
  categories: string
  created_at: string
}

interface ScanRow {
  id: string
  agent_id: string | null
  content_hash: string
  findings_count: number
  critical_count: number
  categories: string
  risk_level: string
  recommendation: string
  source: string | null
  scanned_at: string
}

/** The text of a scan, or why there is none. */
function textOf({ fields }: Context): string | Response {
  const { text } = fields
  if (!text) return error(400, 'text is required')
  return typeof text === 'string' ? text : error(400, 'text must be a string')
}

const summary = (findings: readonly { severity: string; category: string }[]) => ({
  findings_count: findings.length,
  critical_count: findings.filter(({ severity }) => severity === 'critical').length,
  categories: [...new Set(findings.map(({ category }) => category))],
})

/** What a record keeps of a scanned text: never the text. */
async function trace({ fields }: Context, text: string, counts: ReturnType<typeof summary>) {
  return {
    agent_id: column(fields['agent_id']),
    content_hash: await sha256Hex(text),
    ...counts,
    categories: JSON.stringify(counts.categories),
  }
}

/** Scans for secrets and prompt injection, and the state of the server. */
export const security: Route[] = [
  route(
    'POST',
    '/api/security/scan',
    saving('An error occurred during security scan', async (ctx) => {
      const text = textOf(ctx)
      if (typeof text !== 'string') return text
      const { findings, redacted } = scanSecrets(text)
      const counts = summary(findings)
      if (findings.length && ctx.fields['store'] !== false) {
        const row: FindingRow = { id: hexId('sf_'), ...(await trace(ctx, text, counts)), created_at: ctx.iso() }
        ctx.table<FindingRow>('security_findings').push(row)
      }
      return json(200, {
        clean: findings.length === 0,
        ...counts,
        findings,
        redacted_text: redacted,
        destination: ctx.fields['destination'] || null,
      })
    }),
  ),

  route(
    'POST',
    '/api/security/prompt-injection',
    saving('An error occurred during prompt injection scan', async (ctx) => {
      const text = textOf(ctx)
      if (typeof text !== 'string') return text
      const { findings, risk_level, recommendation } = scanInjection(text)
      const counts = summary(findings)
      const source = filled(ctx.fields['source'])
      if (findings.length && ctx.fields['store'] !== false) {
        const kept = await trace(ctx, text, counts)
        const row: ScanRow = { id: hexId('pi_'), ...kept, risk_level, recommendation, source, scanned_at: ctx.iso() }
        ctx.table<ScanRow>('prompt_injection_scans').push(row)
      }
      return json(200, { clean: findings.length === 0, risk_level, recommendation, ...counts, findings, source })
    }),
  ),

  route('GET', '/api/security/prompt-injection', (ctx) => {
    const pages = page(ctx.query)
    if (!pages) return error(500, 'An error occurred fetching prompt injection scans')
    const rows = [...ctx.table<ScanRow>('prompt_injection_scans')].reverse()
    return json(200, { scans: rows.slice(pages.offset, pages.offset + pages.limit), total: rows.length })
  }),

  route('GET', '/api/security/status', (ctx) => {
    const timestamp = ctx.iso()
    if (ctx.role !== 'admin') return error(403, 'Forbidden - admin role required', { score: 0, checks: [], timestamp })
    return json(200, {
      score: 100,
      checks: [
        {
          id: 'enc_key_ok',
          status: 'ok',
          label: 'Encryption key',
          detail: 'Everything is held in memory; nothing is written.',
        },
        { id: 'db_url_ok', status: 'ok', label: 'Database' },
        { id: 'encryption_coverage_ok', status: 'ok', label: 'Stored settings' },
        {
          id: 'webhook_allowlist_unset',
          status: 'info',
          label: 'Webhook domains',
          detail: 'Webhooks may point to any public domain.',
        },
      ],
      timestamp,
    })
  }),
]
