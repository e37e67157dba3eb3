import { describe, expect, test } from 'vitest'
import type { ActionGraph } from '../../src/domains/studio.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const noRoute = () =>
  new Response('<!DOCTYPE html>', { status: 404, headers: { 'content-type': 'text/html; charset=utf-8' } })
const row = (action_id: string, more: object = {}) => ({
  action_id,
  agent_id: 'bot',
  agent_name: null,
  action_type: 'deploy',
  declared_goal: `Goal of ${action_id}`,
  status: 'running',
  risk_score: 10,
  timestamp_start: '2026-01-02T03:04:05.000Z',
  error_message: null,
  ...more,
})
const trace = (parts: object = {}) => ({
  action: row('root', { parent_action_id: 'mother' }),
  trace: {
    parent_chain: [],
    sub_actions: [],
    related_actions: [],
    assumptions: { items: [] },
    loops: { items: [] },
    ...parts,
  },
})

async function graph(answers: unknown[]): Promise<{ answer: ActionGraph; paths: string[] }> {
  const { fetch, sent } = capture(answers)
  const answer = (await (await anyClient({ fetch }))['getActionGraph']!('root')) as ActionGraph
  return { answer, paths: sent.map(({ path }) => path) }
}

describe('the graph of an action', () => {
  test('is what a newer server sends', async () => {
    const sent = { rootActionId: 'root', nodes: [], edges: [] }
    expect(await graph([sent])).toEqual({ answer: sent, paths: ['/api/actions/root/graph'] })
  })

  test('is built from the trace where the server has no such route', async () => {
    const { answer, paths } = await graph([
      noRoute(),
      trace({
        parent_chain: [row('mother', { parent_action_id: 'granny' }), row('granny', { parent_action_id: null })],
        sub_actions: [row('child', { declared_goal: null, error_message: 'no' })],
        // The mother is of the same agent, so she is related as well: one node, two edges.
        related_actions: [
          row('other', { declared_goal: '', action_type: null, status: null, risk_score: null }),
          row('mother'),
        ],
        assumptions: {
          items: [
            {
              assumption_id: 'a1',
              assumption: 'It is up',
              validated: 1,
              invalidated: 0,
              invalidated_reason: null,
              created_at: 't1',
            },
            {
              assumption_id: 'a2',
              assumption: 'It is free',
              validated: 1,
              invalidated: 1,
              invalidated_reason: 'no',
              created_at: 't2',
            },
            {
              assumption_id: 'a3',
              assumption: 'It is new',
              validated: 0,
              invalidated: 0,
              invalidated_reason: null,
              created_at: 't3',
            },
          ],
        },
        loops: {
          items: [
            {
              loop_id: 'l1',
              description: 'Ask',
              loop_type: 'question',
              status: 'open',
              priority: 'high',
              created_at: 't4',
            },
            {
              loop_id: 'l2',
              description: '',
              loop_type: 'review',
              status: 'resolved',
              priority: null,
              created_at: 't5',
            },
          ],
        },
      }),
    ])
    expect(paths).toEqual(['/api/actions/root/graph', '/api/actions/root/trace'])
    expect(answer.rootActionId).toBe('root')
    expect(answer.nodes.map(({ id, label, status }) => [id, label, status])).toEqual([
      ['action:root', 'Goal of root', 'running'],
      ['action:mother', 'Goal of mother', 'running'],
      ['action:granny', 'Goal of granny', 'running'],
      ['action:child', 'deploy', 'running'],
      ['action:other', 'other', 'unknown'],
      ['assumption:a1', 'It is up', 'validated'],
      ['assumption:a2', 'It is free', 'invalidated'],
      ['assumption:a3', 'It is new', 'unresolved'],
      ['loop:l1', 'Ask', 'open'],
      ['loop:l2', 'review', 'resolved'],
    ])
    expect(answer.edges.map(({ id, source, target, type, label }) => [id, source, target, type, label])).toEqual([
      ['edge:pc:mother->root', 'action:mother', 'action:root', 'parent_child', 'spawned'],
      ['edge:pc:granny->mother', 'action:granny', 'action:mother', 'parent_child', 'spawned'],
      ['edge:pc:root->child', 'action:root', 'action:child', 'parent_child', 'spawned'],
      ['edge:rel:root-other', 'action:root', 'action:other', 'related', 'correlated'],
      ['edge:rel:root-mother', 'action:root', 'action:mother', 'related', 'correlated'],
      ['edge:as:a1->root', 'assumption:a1', 'action:root', 'assumption_of', 'validated'],
      ['edge:as:a2->root', 'assumption:a2', 'action:root', 'assumption_of', 'invalidated'],
      ['edge:as:a3->root', 'assumption:a3', 'action:root', 'assumption_of', 'unresolved'],
      ['edge:lp:l1->root', 'loop:l1', 'action:root', 'loop_from', 'high'],
      ['edge:lp:l2->root', 'loop:l2', 'action:root', 'loop_from', 'open'],
    ])
    expect(answer.nodes[0]).toEqual({
      id: 'action:root',
      type: 'action',
      label: 'Goal of root',
      status: 'running',
      riskScore: 10,
      agentId: 'bot',
      agentName: null,
      actionType: 'deploy',
      timestamp: '2026-01-02T03:04:05.000Z',
      isRoot: true,
      meta: { error_message: null, parent_action_id: 'mother' },
    })
    expect(answer.nodes.filter((node) => node.type === 'action' && node.isRoot)).toHaveLength(1)
    expect(answer.nodes[3]!.meta).toEqual({ error_message: 'no', parent_action_id: null })
    expect(answer.nodes[6]!.meta).toEqual({ invalidated_reason: 'no', drift_score: null, created_at: 't2' })
    expect(answer.nodes[8]!.meta).toEqual({ priority: 'high', loop_type: 'question', created_at: 't4' })
  })

  test('is not built for an action that a newer server does not know', async () => {
    const { fetch, sent } = capture([Response.json({ error: 'Action not found' }, { status: 404 })])
    const claw = await anyClient({ fetch })
    await expect(claw['getActionGraph']!('root')).rejects.toMatchObject({ name: 'NotFoundError' })
    expect(sent).toHaveLength(1)
  })

  test('tells that neither route exists', async () => {
    const claw = await anyClient({ fetch: capture([noRoute()]).fetch })
    await expect(claw['getActionGraph']!('root')).rejects.toMatchObject({
      name: 'RouteNotFoundError',
      path: '/api/actions/root/trace',
    })
  })
})

test.each([
  ['iterateWorkflowTemplates', 'templates', 'template_id', []],
  ['iterateKnowledgeCollections', 'collections', 'collection_id', []],
  ['iterateKnowledgeCollectionItems', 'items', 'item_id', ['kc_1']],
  ['iterateCapabilities', 'capabilities', 'capability_id', []],
])('%s reads pages until one is not full', async (method, key, id, before) => {
  const { fetch, sent } = capture([{ [key]: [{ [id]: 'a' }, { [id]: 'b' }] }, { [key]: [{ [id]: 'c' }] }])
  const claw = await anyClient({ fetch })
  const ids: unknown[] = []
  for await (const item of claw[method]!(...before, { limit: 2 }) as unknown as AsyncIterable<Record<string, unknown>>)
    ids.push(item[id])
  expect(ids).toEqual(['a', 'b', 'c'])
  expect(sent.map(({ query }) => query)).toEqual([
    { limit: '2', offset: '0' },
    { limit: '2', offset: '2' },
  ])
})

test.each(['listCapabilities', 'listModelStrategies'])(
  '%s tells that a 2.0 server does not offer it',
  async (method) => {
    const claw = await anyClient({ fetch: capture([noRoute()]).fetch })
    const error: Error = await claw[method]!().then(
      () => new Error('it answered'),
      (reason: Error) => reason,
    )
    expect(error.name).toBe('RouteNotFoundError')
    expect(error.message).toContain("this server's version does not offer")
  },
)
