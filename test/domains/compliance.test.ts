import { describe, expect, test } from 'vitest'
import type { ComplianceExportFile } from '../../src/domains/compliance.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const map = { summary: { coverage_percentage: 50 }, controls: [{ control_id: 'A', title: 'B', status: 'gap' }] }

describe('createComplianceExport', () => {
  test('throws when the server could not build the export', async () => {
    const stored = { id: 'ce_1', status: 'failed', error_message: 'no such table' }
    const { fetch, sent } = capture([{ id: 'ce_1' }, stored])
    const claw = await anyClient({ fetch })
    await expect(claw['createComplianceExport']!({ frameworks: ['soc2'] })).rejects.toMatchObject({
      name: 'APIError',
      message: 'The server could not build the export ce_1: no such table',
      body: stored,
      status: 201,
    })
    expect(sent.map(({ method }) => method)).toEqual(['POST', 'GET'])
  })

  test('resolves with the id when only reading the export back fails', async () => {
    const { fetch } = capture([{ id: 'ce_1' }, Response.json({ error: 'Failed to fetch export' }, { status: 400 })])
    const claw = await anyClient({ fetch })
    expect(await claw['createComplianceExport']!({ frameworks: ['soc2'] })).toEqual({ id: 'ce_1', export: null })
  })

  test('reads nothing back when creating fails', async () => {
    const { fetch, sent } = capture([{ error: 'Failed to create export' }], 500)
    const claw = await anyClient({ fetch })
    await expect(claw['createComplianceExport']!({ frameworks: ['soc2'] })).rejects.toMatchObject({ status: 500 })
    expect(sent).toHaveLength(1)
  })
})

describe('downloadComplianceExport', () => {
  const download = async (body: string, headers: Record<string, string>) => {
    const claw = await anyClient({ fetch: capture([new Response(body, { headers })]).fetch })
    return (await claw['downloadComplianceExport']!('ce_1')) as ComplianceExportFile
  }
  const named = (name: string) => ({ 'content-disposition': `attachment; filename="${name}"` })

  test('gives markdown as it is, with its name and type', async () => {
    const type = 'text/markdown; charset=utf-8'
    expect(await download('# Über', { ...named('Q4_2026-11-22.md'), 'content-type': type })).toEqual({
      report: '# Über',
      filename: 'Q4_2026-11-22.md',
      content_type: type,
      document: null,
    })
  })

  test('reads a JSON text within a JSON text, and keeps the text', async () => {
    const body = JSON.stringify(JSON.stringify(map))
    const file = await download(body, { 'content-type': 'application/json; charset=utf-8' })
    expect(file.report).toBe(body)
    expect(file.document).toMatchObject({ coverage_pct: 50, controls: [{ id: 'A', name: 'B', covered: false }] })
  })

  test('has no document when markdown follows the JSON', async () => {
    const body = `${JSON.stringify(JSON.stringify(map))}\n## Evidence`
    expect(await download(body, {})).toMatchObject({ report: body, document: null })
  })

  test.each([
    ['../../etc/passwd', 'passwd'],
    ['..', 'ce_1'],
    ['', 'ce_1'],
  ])('saves %j under a safe name', async (name, safe) => {
    expect((await download('# Report', named(name))).filename).toBe(safe)
  })

  test('rejects while the export is not completed', async () => {
    const claw = await anyClient({ fetch: capture([{ error: 'Export not ready' }], 409).fetch })
    await expect(claw['downloadComplianceExport']!('ce_1')).rejects.toMatchObject({ name: 'ConflictError' })
  })
})

test('documented fields come beside the ones of the server, whose values stay', async () => {
  const claw = await anyClient({ fetch: capture([map]).fetch })
  expect(await claw['mapCompliance']!('soc2')).toEqual({
    coverage_pct: 50,
    summary: { coverage_percentage: 50 },
    controls: [{ id: 'A', name: 'B', covered: false, control_id: 'A', title: 'B', status: 'gap' }],
  })
})
