/** Steps of `createAction` that a domain brings along. */
import { describe, expect, test } from 'vitest'
import { Actions, compose, type DashClawOptions, generateKeyPair, Identity, Learning } from '../../src/index.ts'
import { capture } from '../support/capture.ts'
import { rejection } from '../support/local.ts'

const build = { action_type: 'build', declared_goal: 'Build it' } as const
const { privateKeyPem } = await generateKeyPair()

describe.each<[option: string, domain: string, options: Partial<DashClawOptions>]>([
  ['privateKey', 'Identity', { privateKey: privateKeyPem }],
  ['autoRecommend', 'Learning', { autoRecommend: 'warn' }],
])('%s without %s', (option, domain, options) => {
  const { fetch, sent } = capture()
  const Client = compose(Actions)
  const claw = new Client({ baseUrl: 'http://x.local', apiKey: 'k', agentId: 'a', logger: false, fetch, ...options })

  test.each([
    ['createAction', () => claw.createAction(build)],
    ['track', () => claw.track(build, () => expect.unreachable())],
  ])('%s says which domain is missing, and sends nothing', async (_method, run) => {
    expect(await rejection(run())).toMatchObject({
      name: 'InputError',
      field: option,
      message: `${option} needs the domain ${domain}, and this client has none: compose(…, ${domain}).`,
    })
    expect(sent).toEqual([])
  })
})

test('a client that has the domains signs and asks for recommendations', async () => {
  const { fetch, sent } = capture([{ recommendations: [] }, { action: { action_id: 'act_1', status: 'running' } }])
  const Client = compose(Actions, Identity, Learning)
  const claw = new Client({
    baseUrl: 'http://x.local',
    apiKey: 'k',
    agentId: 'a',
    logger: false,
    fetch,
    privateKey: privateKeyPem,
    autoRecommend: 'warn',
  })
  await claw.createAction({ ...build, action_id: 'act_1' })
  expect(sent.map(({ path }) => path)).toEqual(['/api/learning/recommendations', '/api/actions'])
  expect(sent[1]!.body).toHaveProperty('_signature')
})
