import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { Prompts } from '../../../src/domains/prompts.ts'
import { createLocalServer, type LocalServer } from '../../../src/local/index.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'

const Client = compose(Prompts)
const connect = (server: LocalServer, apiKey = 'local') =>
  new Client({ baseUrl: server.baseUrl, apiKey, agentId: 'writer', fetch: server.fetch, logger: false, maxRetries: 0 })

async function template(claw: InstanceType<typeof Client>, content: string, name = 'note') {
  const { id } = await claw.createPromptTemplate({ name })
  const version = await claw.createPromptVersion(id, { content })
  await claw.activatePromptVersion(id, version.id)
  return { id, version: version.id }
}

describe('the recorded exchanges', () => {
  const server = createLocalServer({ version: '2.0', keys: REPLAY_KEYS })
  const claw = connect(server)

  replay({
    domain: 'prompts',
    server,
    before: {
      'listPromptRuns: by template': async () => {
        const { templates } = await claw.listPromptTemplates({ category: 'prm-cat' })
        const greeting = templates.find(({ name }) => name === 'prm greeting 3')!
        await claw.renderPrompt({
          template_id: greeting.id,
          variables: { name: 'Ada' },
          record: true,
          action_id: 'act_prm',
          agent_id: 'prm-agent',
          tokens_used: 120,
          latency_ms: 350,
          outcome: 'ok',
        })
      },
    },
  })

  test('end with the numbers that were recorded for the same runs', async () => {
    expect((await claw.getPromptStats()).overall).toEqual({
      total_runs: '2',
      unique_templates: '1',
      avg_tokens: '60',
      avg_latency_ms: '175',
      today_count: '2',
    })
    expect((await claw.getPromptStats()).by_version).toMatchObject([{ total_runs: '1' }, { total_runs: '1' }])
  })
})

describe('rendering on 2.0 servers', () => {
  const content =
    'Hello {{name}}, you are {{ role }} at {{company-name}} since {{year.start}}. Again {{name}}. {{#if x}}no logic{{/if}} {{}} {{ missing }}'

  test.each([
    [
      { name: 'Ada', role: 'engineer', 'company-name': 'Acme', 'year.start': 1843 },
      'Hello Ada, you are engineer at Acme since 1843. Again Ada. {{#if x}}no logic{{/if}} {{}} {{ missing }}',
    ],
    [
      { name: null, role: { a: 1 }, missing: 'cost $& and $1 and $$' },
      'Hello null, you are [object Object] at {{company-name}} since {{year.start}}. Again null. {{#if x}}no logic{{/if}} {{}} cost {{ missing }} and $1 and $',
    ],
    [
      { '\\w+': 'EVERY' },
      'Hello EVERY, you are EVERY at {{company-name}} since {{year.start}}. Again EVERY. {{#if x}}no logic{{/if}} {{}} EVERY',
    ],
    [
      { name: '{{role}}', role: 'chained' },
      'Hello chained, you are chained at {{company-name}} since {{year.start}}. Again chained. {{#if x}}no logic{{/if}} {{}} {{ missing }}',
    ],
  ])('of %j gives the recorded text', async (variables, rendered) => {
    const claw = connect(createLocalServer({ version: '2.0' }))
    const { id } = await template(claw, content)
    expect(await claw.renderPrompt({ template_id: id, variables })).toMatchObject({
      rendered,
      parameters: ['name', 'role', 'missing'],
    })
  })
})

describe('rendering on newer servers', () => {
  test('takes names and values as they are', async () => {
    const claw = connect(createLocalServer())
    const { id } = await template(claw, '{{a.b}} {{axb}} {{a(}} {{ list }}')
    const variables = { 'a.b': '$& $1', 'a(': 'x', list: [1, 2] }
    expect((await claw.renderPrompt({ template_id: id, variables })).rendered).toBe('$& $1 {{axb}} x 1,2')
  })
})

describe('templates', () => {
  test('take two fields at once, on 2.0 servers through two requests', async () => {
    for (const version of ['2.0', '2.10'] as const) {
      const server = createLocalServer({ version })
      const claw = connect(server)
      const { id } = await claw.createPromptTemplate({ name: 'n', description: 'old', category: 'old' })
      expect(await claw.updatePromptTemplate(id, { description: 'new', category: 'c' })).toMatchObject({
        description: 'new',
        category: 'c',
      })
      expect(await claw.getPromptTemplate(id)).toMatchObject({ name: 'n', description: 'new', category: 'c' })
    }
  })

  test('lose a second field of one request on 2.0 servers only', async () => {
    for (const [version, category] of [
      ['2.0', 'general'],
      ['2.10', 'c'],
    ] as const) {
      const server = createLocalServer({ version })
      const claw = connect(server)
      const { id } = await claw.createPromptTemplate({ name: 'n' })
      await claw.request({ method: 'PATCH', path: `/api/prompts/templates/${id}`, body: { name: 'm', category: 'c' } })
      expect(await claw.getPromptTemplate(id)).toMatchObject({ name: 'm', category })
    }
  })

  test('are the same for the keys of all organizations, and for an unknown one', async () => {
    const server = createLocalServer({ keys: [{ key: 'other', org: 'org_other', role: 'readonly' }] })
    const { id } = await template(connect(server), 'Hi')
    expect(await connect(server, 'other').getPromptTemplate(id)).toMatchObject({ org_id: 'org_default' })
    expect(await connect(server, 'unknown').updatePromptTemplate(id, { name: 'renamed' })).toMatchObject({
      name: 'renamed',
    })
  })
})

test('over real HTTP a recorded rendering names its version, the agent and the template', async () => {
  const server = createLocalServer()
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'writer', logger: false })
  const first = await template(claw, 'One {{x}}', 'same')
  const second = await template(claw, 'Two {{x}}', 'same')
  const { run_id } = await claw.renderPrompt({ template_id: first.id, variables: { x: 1 }, record: true })
  await claw.renderPrompt({ version_id: second.version, variables: { x: 2 }, record: true, agent_id: null })
  await claw.renderPrompt({ version_id: second.version })
  expect(await claw.listPromptRuns({ template_id: second.id, version_id: first.version })).toMatchObject({
    runs: [
      { id: run_id, agent_id: 'writer', input_vars: '{"x":1}', rendered: 'One 1', template_name: 'same', version: 1 },
    ],
  })
  expect((await claw.getPromptStats()).by_template).toEqual([
    { template_name: 'same', total_runs: '2', avg_tokens: '0', avg_latency_ms: '0' },
  ])
  expect(await claw.getPromptStats({ template_id: second.id })).toMatchObject({ total_runs: '1', unique_agents: '0' })
  const again = await claw.createPromptVersion(first.id, { content: 'Three', parameters: ['x'] })
  expect(again).toMatchObject({ version: 2, is_active: false })
  expect((await claw.listPromptVersions(first.id)).versions).toMatchObject([
    { version: 2, parameters: '["x"]' },
    { version: 1, is_active: true },
  ])
  await claw.deletePromptTemplate(first.id)
  expect((await claw.listPromptRuns()).runs).toHaveLength(1)
  await expect(claw.renderPrompt({ template_id: first.id })).rejects.toMatchObject({ status: 404 })
  await claw.close()
  await close()
})
