import { describe, expect, test } from 'vitest'
import type { ReportedConnections } from '../../src/domains/dashboard.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'
import { warnings } from '../support/local.ts'

const sentBy = async (method: string, input: object) => {
  const { fetch, sent } = capture()
  await (await anyClient({ fetch }))[method]!(input)
  return sent[0]!.body
}

test.each([
  ['createGoal', 'deadline', 'target_date'],
  ['recordIdea', 'body', 'description'],
] as const)('%s sends %s as %s, which goes first when both are given', async (method, documented, wire) => {
  expect(await sentBy(method, { title: 't', [documented]: 'one' })).toMatchObject({ title: 't', [wire]: 'one' })
  const both = await sentBy(method, { title: 't', [documented]: 'one', [wire]: 'two' })
  expect(both).toMatchObject({ [wire]: 'two' })
  expect(both).not.toHaveProperty(documented)
})

test('content_type stands in for a platform that is not given, and is sent itself', async () => {
  expect(await sentBy('recordContent', { title: 't', content_type: 'report' })).toMatchObject({
    content_type: 'report',
    platform: 'report',
  })
  expect(await sentBy('recordContent', { title: 't', content_type: 'x'.repeat(200), platform: 'blog' })).toMatchObject({
    platform: 'blog',
  })
})

describe('memory health', () => {
  test.each([
    ['healthy', 100],
    ['good', 80],
    ['fair', 60],
    ['degraded', 40],
    ['poor', 20],
    ['critical', 0],
    [87, 87],
    [0, 0],
  ])('given as %s is sent as a score of %i', async (health, score) => {
    expect(await sentBy('reportMemoryHealth', { health })).toEqual({ health: { score } })
  })

  test('keeps counts as they are and never makes lists of them', async () => {
    expect(await sentBy('reportMemoryHealth', { health: 'healthy', entities: 42, topics: 8 })).toEqual({
      health: { score: 100 },
      entities: 42,
      topics: 8,
    })
  })

  test('takes the other names that the server knows', async () => {
    const health = { health_score: 66, potential_duplicates: 1, stale_facts_count: 4 }
    expect(await sentBy('reportMemoryHealth', { health })).toEqual({ health })
  })
})

describe('connections', () => {
  const many = Array.from({ length: 101 }, (_, at) => ({ provider: `p${at}` }))
  const answer = (count: number, errors?: object[]) => ({
    connections: Array.from({ length: count }, (_, at) => ({ id: `conn_${at}` })),
    created: count,
    ...(errors && { errors }),
  })

  test('above 50 are reported in several requests with one answer', async () => {
    const { fetch, sent } = capture([
      answer(50),
      answer(49, [{ provider: 'p7', error: 'no' }]),
      answer(0, [{ error: 'none' }]),
    ])
    const logger = warnings()
    const claw = await anyClient({ fetch, logger })
    const result = (await claw['reportConnections']!(many)) as ReportedConnections
    const bodies = sent.map(({ body }) => body as { agent_id: string; connections: object[] })
    expect(bodies.map(({ connections }) => connections.length)).toEqual([50, 50, 1])
    expect(bodies.flatMap(({ connections }) => connections)).toEqual(many)
    expect(bodies.every(({ agent_id }) => agent_id === 'agent-x')).toBe(true)
    expect(result.connections).toHaveLength(99)
    expect(result).toMatchObject({ created: 99, errors: [{ provider: 'p7', error: 'no' }, { error: 'none' }] })
    expect(logger.texts).toEqual(['dashclaw: 2 of 101 connections were refused.'])
  })

  test('that all went well have no errors in the answer', async () => {
    const { fetch } = capture([answer(1)])
    const logger = warnings()
    const claw = await anyClient({ fetch, logger })
    expect(await claw['reportConnections']!([{ provider: 'p' }])).toEqual(answer(1))
    expect(logger.texts).toEqual([])
  })
})
