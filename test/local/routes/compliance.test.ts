import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Actions } from '../../../src/domains/actions.ts'
import { Compliance, type ComplianceMap, type GapAnalysis } from '../../../src/domains/compliance.ts'
import { Guard } from '../../../src/domains/guard.ts'
import { Policies } from '../../../src/domains/policies.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { recordings } from '../../support/fixtures.ts'
import { unrecordedPolicies } from '../../support/policies.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { send } from '../../support/seeds.ts'

const Client = compose(Actions, Compliance, Guard, Policies)
const connect = (server: LocalServer, apiKey = 'local') =>
  new Client({ baseUrl: server.baseUrl, apiKey, agentId: 'gov', fetch: server.fetch, logger: false, maxRetries: 0 })

const BARE = { title: undefined, category: undefined, agent_relevance: undefined, recommendations: undefined }

/** The policies that were stored when compliance was recorded: those of the policy recordings. */
async function fill(server: LocalServer): Promise<void> {
  const before = unrecordedPolicies(server)
  for (const { method, name, request, response } of recordings('policies')) {
    await before[`${method}: ${name}`]?.()
    const native = method === 'createPolicy' && (request.body as { name?: string }).name?.startsWith('gov ')
    if ((method !== 'importPolicies' && !native) || response.status !== 201) continue
    await server.fetch(server.baseUrl + request.path, {
      method: 'POST',
      headers: { 'x-api-key': native ? 'other' : 'local' },
      body: JSON.stringify(request.body),
    })
  }
  const other = connect(server, 'other')
  for (const { id, name } of (await other.listPolicies()).policies) {
    if (name === 'gov rate_limit') await other.updatePolicy(id, { active: false })
    if (name === 'gov bad tests') await other.deletePolicy(id)
  }
  const claw = connect(server)
  for (const action_type of ['research', 'research', 'build'])
    await claw.createAction({ action_type, declared_goal: 'Work' })
  for (const action_type of ['exec.curl', 'exec.rm', 'fs.delete', 'slack.send']) await claw.guard({ action_type })
}

const body = (method: string, name: string) =>
  recordings('compliance').find((one) => one.method === method && one.name === name)!.response.body

describe('the recorded exchanges', () => {
  const server = createLocalServer({
    version: '2.0',
    keys: [...REPLAY_KEYS, { key: 'other', org: 'org_other' }, { key: 'empty', org: 'org_empty' }],
  })
  replay({
    domain: 'compliance',
    server,
    keys: {
      'mapCompliance: native policy types': 'other',
      'getComplianceExport: another org': 'other',
      'getComplianceEvidence: empty org': 'empty',
    },
    before: {
      'listFrameworks: happy': () => fill(server),
      'getComplianceExport: still pending (row put in by hand)': () =>
        server.seed('compliance_exports', [
          {
            id: 'ce_govpending1795352957046',
            org_id: 'org_local',
            name: 'gov pending',
            frameworks: ['soc2'],
            format: 'markdown',
            window_days: 30,
            include_evidence: true,
            include_remediation: true,
            include_trends: false,
            status: 'pending',
            report_content: '',
            evidence_summary: {},
            snapshot_ids: [],
            file_size_bytes: 0,
            error_message: '',
            requested_by: 'user',
            started_at: null,
            completed_at: null,
            created_at: '2026-11-22T13:09:17.116Z',
          },
        ]),
    },
    skip: {
      'mapCompliance: soc2 with 18 policies': 'only some controls have matches: compared below',
      'mapCompliance: native policy types': 'only some controls have matches: compared below',
      'mapCompliance: gdpr with 18 policies': 'recorded in part: compared below',
      'mapCompliance: nist-ai-rmf with 18 policies': 'recorded in part: compared below',
      'mapCompliance: imda-agentic with 18 policies': 'recorded in part: compared below',
      'downloadComplianceExport: json with appended text': 'its export was not recorded: tested below',
    },
  })
})

describe('the numbers that were recorded for the same policies', async () => {
  const server = createLocalServer({ version: '2.0', keys: [{ key: 'other', org: 'org_other' }] })
  await fill(server)
  /** Policies go by their place in the list of all, since ids and names are not the recorded ones. */
  const facts = ({ summary, controls }: ComplianceMap, ids: readonly string[]) => ({
    summary,
    controls: controls.map(({ control_id, title, category, agent_relevance, status, ...rest }) => ({
      ...{ control_id, title, category, agent_relevance, status },
      matched: rest.matched_policies.map(({ policy_id, mapping_coverage }) => [
        ids.indexOf(policy_id),
        mapping_coverage,
      ]),
      recommendations: rest.gap_recommendations?.length,
    })),
  })
  // The policy for rates was switched off after its list was recorded.
  const placed = (answer: unknown) =>
    (answer as { policies: { id: string; name: string; active: number }[] }).policies
      .filter(({ name, active }) => active === 1 && name !== 'gov rate_limit')
      .map(({ id }) => id)
  const listed = (name: string) =>
    placed(recordings('policies').find((one) => one.method === 'listPolicies' && one.name === name)!.response.body)

  test.each([
    ['soc2 with 18 policies', 'soc2', 'local'],
    ['gdpr with 18 policies', 'gdpr', 'local'],
    ['nist-ai-rmf with 18 policies', 'nist-ai-rmf', 'local'],
    ['imda-agentic with 18 policies', 'imda-agentic', 'local'],
    ['native policy types', 'soc2', 'other'],
  ])('map: %s', async (name, framework, key) => {
    const claw = connect(server, key)
    const recorded = body('mapCompliance', name) as ComplianceMap
    const expected = facts(recorded, listed(key === 'local' ? 'after the imports' : 'member key may read'))
    const map = await claw.request<ComplianceMap>({ method: 'GET', path: '/api/compliance/map', query: { framework } })
    const found = facts(map, placed(await claw.listPolicies()))
    if (framework === 'soc2') {
      const keys = ({ controls, ...rest }: ComplianceMap) =>
        [rest, controls[0]!, controls[0]!.matched_policies[0]!].map((value) => Object.keys(value).sort())
      expect(keys(map)).toEqual(keys(recorded))
    }
    // Of some maps only the ids and the matches were kept.
    for (const [at, control] of found.controls.entries())
      if (!recorded.controls[at]!.title) Object.assign(control, BARE)
    expect(found).toEqual(expected)
  })

  test('gaps', async () => {
    const plain = ({ analysis_date: _at, risk_assessment, ...rest }: GapAnalysis) => {
      const items = (list: GapAnalysis['quick_wins']) =>
        list.map((item) => ({ ...item, recommendations: item.recommendations.length }))
      const { narrative: _text, ...risk } = risk_assessment
      return { ...rest, risk, remediation_plan: items(rest.remediation_plan), quick_wins: items(rest.quick_wins) }
    }
    const analysis = await connect(server).analyzeGaps('soc2')
    expect(plain(analysis)).toEqual(plain(body('analyzeGaps', 'soc2 with policies') as GapAnalysis))
  })

  test('evidence', async () => {
    const { evidence } = await connect(server).getComplianceEvidence()
    expect(evidence).toEqual((body('getComplianceEvidence', 'window 7d') as { evidence: object }).evidence)
  })

  test('trends', async () => {
    const claw = connect(server)
    await claw.getComplianceReport('gdpr', { format: 'md' })
    const { created_at: _at, ...point } = (await claw.getComplianceTrends({ framework: 'gdpr' })).trends[0]!
    const recorded = (body('getComplianceTrends', 'readonly') as { trends: object[] }).trends[0]
    expect({ ...point, created_at: '' }).toEqual({ ...recorded, created_at: '' })
  })
})

test('what is said of a control is whole sentences, also where no policy can serve it', async () => {
  const claw = connect(createLocalServer())
  const said = async () => {
    const texts: string[] = []
    for (const { id } of (await claw.listFrameworks()).frameworks) {
      for (const control of (await claw.mapCompliance(id)).controls) {
        const own = [...control.gap_recommendations, ...control.matched_policies.map(({ rationale }) => rationale)]
        expect(new Set(control.gap_recommendations).size).toBe(control.gap_recommendations.length)
        texts.push(control.description, ...own)
      }
    }
    return texts
  }
  const open = await said()
  expect(open).toContain('Name a person who answers for Evaluation of Security Events.')
  await claw.importPolicies({ pack: 'enterprise-strict' })
  for (const text of [...open, ...(await said())]) {
    expect(text).toMatch(/^[A-Z].*\.$/)
    expect(text).not.toMatch(/undefined| \*\.$/)
  }
})

test('one policy on exec.* gives the coverage that was seen live', async () => {
  const claw = connect(createLocalServer())
  await claw.createPolicy({ name: 'Exec', policy_type: 'block_action_type', rules: { action_types: ['exec.*'] } })
  const { coverage_pct, controls } = await claw.mapCompliance('soc2')
  expect(coverage_pct).toBe(20)
  const named = (status: string) => controls.filter((one) => one.status === status).map(({ id }) => id)
  expect([named('covered'), named('partial')]).toEqual([['CC6.1'], ['CC6.3', 'CC7.2']])
  const { summary, remediation_plan, risk_assessment } = await claw.analyzeGaps('soc2')
  expect(remediation_plan).toHaveLength(9)
  expect(summary.estimated_total_effort).toBe('48-72 hours')
  expect(risk_assessment.overall_risk).toBe('CRITICAL')
  expect(risk_assessment.immediate_actions[0]).toMatch(/^Address CC6\.6 \(External System Interfaces\): /)
})

describe('exports', () => {
  test('json holds a document only without anything appended', async () => {
    const claw = connect(createLocalServer())
    const bare = { format: 'json', include_evidence: false, include_remediation: false }
    const one = await claw.createComplianceExport({ frameworks: ['gdpr'], ...bare })
    const file = await claw.downloadComplianceExport(one.id)
    expect(file).toMatchObject({
      content_type: 'application/json; charset=utf-8',
      document: { framework: 'GDPR', coverage_pct: 0 },
    })
    const both = await claw.createComplianceExport({ frameworks: ['gdpr', 'soc2'], ...bare })
    expect((await claw.downloadComplianceExport(both.id)).document).toBeNull()
    const full = await claw.createComplianceExport({ frameworks: ['gdpr'], format: 'json' })
    expect((await claw.downloadComplianceExport(full.id)).report).toContain('## Evidence (30 days)')
  })

  test('a framework that is unknown becomes a section that says so', async () => {
    const claw = connect(createLocalServer())
    const { export: stored } = await claw.createComplianceExport({ frameworks: ['nope', 'soc2'] })
    expect(stored).toMatchObject({ status: 'completed', frameworks: '["nope","soc2"]' })
    expect(stored!.report_content).toContain('The framework nope was not found.')
    expect(JSON.parse(stored!.snapshot_ids as string)).toHaveLength(1)
  })

  test('trends come with the second snapshot, and say where coverage goes', async () => {
    const claw = connect(createLocalServer())
    const input = { frameworks: ['soc2'], include_trends: true }
    const first = await claw.createComplianceExport(input)
    expect(first.export!.report_content).not.toContain('## Trends')
    await claw.importPolicies({ pack: 'enterprise-strict' })
    const second = await claw.createComplianceExport(input)
    expect(second.export!.report_content).toMatch(/## Trends[\s\S]*Improving \(\d+%\)/)
  })

  test('a failed one rejects with its reason', async () => {
    const server = createLocalServer()
    server.seed('policies', [
      { id: 'gp_1', org_id: 'org_local', name: 'Broken', policy_type: 'rate_limit', rules: '{', active: 1 } as never,
    ])
    const claw = connect(server)
    await expect(claw.createComplianceExport({ frameworks: ['soc2'] })).rejects.toMatchObject({
      name: 'APIError',
      body: { status: 'failed' },
    })
    expect((await claw.listComplianceExports()).exports).toMatchObject([{ status: 'failed', file_size_bytes: 0 }])
    await expect(claw.mapCompliance('soc2')).rejects.toMatchObject({ status: 500 })
  })
})

test('over real HTTP exports and schedules are made, listed, changed and deleted', async () => {
  const server = createLocalServer()
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'gov', logger: false })
  expect((await claw.listFrameworks()).frameworks.map(({ id }) => id)).toEqual([
    'gdpr',
    'imda-agentic',
    'iso27001',
    'nist-ai-rmf',
    'soc2',
  ])
  const { id } = await claw.createComplianceExport({ name: 'Audit: Q4/2026', frameworks: ['soc2', 'gdpr'] })
  const file = await claw.downloadComplianceExport(id)
  expect(file.filename).toMatch(/^Audit__Q4_2026_\d{4}-\d\d-\d\d\.md$/)
  expect(file.report).toMatch(/^# Compliance Export\n/)
  expect((await claw.listComplianceExports({ limit: 1 })).exports[0]).toMatchObject({
    id,
    file_size_bytes: new TextEncoder().encode(file.report).length,
  })
  await claw.deleteComplianceExport(id)
  await expect(claw.getComplianceExport(id)).rejects.toMatchObject({ name: 'NotFoundError' })
  const schedule = await claw.createComplianceSchedule({ frameworks: ['soc2'], cron_expression: '0 8 * * 1' })
  expect(await claw.updateComplianceSchedule(schedule.id, { enabled: false, name: '' })).toMatchObject({
    enabled: false,
    name: 'Scheduled Export',
  })
  expect((await claw.listComplianceSchedules()).schedules).toHaveLength(1)
  await claw.deleteComplianceSchedule(schedule.id)
  expect((await claw.listComplianceSchedules()).schedules).toEqual([])
  const { report, document } = await claw.getComplianceReport('soc2')
  expect(document!.controls).toHaveLength((JSON.parse(report) as ComplianceMap).controls.length)
  expect((await claw.getComplianceTrends({ framework: 'soc2', limit: 1 })).trends).toMatchObject([
    { risk_level: 'CRITICAL' },
  ])
  await claw.close()
  await close()
})

describe.each(['2.0', '2.10'] as const)('on %s', (version) => {
  test('an export of something like a list fails by itself', async () => {
    const server = createLocalServer({ version })
    const fields = { frameworks: { length: 1e9 } }
    const { status, body } = await send<{ id: string }>(server, 'POST', '/api/compliance/exports', fields)
    expect(status).toBe(201)
    expect(await send(server, 'GET', `/api/compliance/exports/${body.id}`)).toMatchObject({
      body: { status: 'failed' },
    })
  })
})
