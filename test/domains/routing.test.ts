import { describe, expect, test } from 'vitest'
import type { RoutingTask } from '../../src/domains/routing.ts'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'

const assigned = { task: { id: 'rt_1' }, routing: { status: 'assigned', agent_id: 'ra_1', agent_name: 'Analyst' } }
const tasks = (count: number) => ({
  tasks: Array.from({ length: count }, (_, at) => ({ id: `rt_${at}` })),
  total: count,
})

const submitted = async (input: object) => {
  const { fetch, sent } = capture([assigned], 201)
  await (await anyClient({ fetch }))['submitRoutingTask']!({ title: 't', ...input })
  return sent[0]!.body
}

describe('submitting a task', () => {
  test.each([undefined, null, 'medium', 'normal'])('with urgency %s is normal', async (urgency) => {
    expect(await submitted({ urgency })).toEqual({ title: 't', urgency: 'normal' })
  })

  test('keeps the other words, also those of newer servers', async () => {
    expect(await submitted({ urgency: 'low' })).toMatchObject({ urgency: 'low' })
    expect(await submitted({ urgency: 'whenever' })).toMatchObject({ urgency: 'whenever' })
  })

  test('takes the names of the wire too, which go first', async () => {
    const wire = { requiredSkills: ['a'], timeoutSeconds: 1, maxRetries: 2, callbackUrl: 'https://example.com' }
    expect(
      await submitted({ ...wire, required_skills: ['b'], timeout_seconds: 9, max_retries: 9, callback_url: 'c' }),
    ).toEqual({
      title: 't',
      urgency: 'normal',
      ...wire,
    })
  })

  test('says under the documented names which task it is and who got it', async () => {
    const { fetch } = capture([assigned], 201)
    expect(await (await anyClient({ fetch }))['submitRoutingTask']!({ title: 't' })).toEqual({
      ...assigned,
      task_id: 'rt_1',
      assigned_agent: { id: 'ra_1', name: 'Analyst' },
    })
  })
})

describe('metrics of an agent', () => {
  test('have no rate until a task has ended', async () => {
    const { fetch } = capture([{ agent: { id: 'ra_1' } }, tasks(0)])
    expect(await (await anyClient({ fetch }))['getRoutingAgent']!('ra_1')).toEqual({
      agent: { id: 'ra_1' },
      metrics: { tasks: 0, assigned: 0, completed: 0, failed: 0, success_rate: null },
    })
  })

  test('are null when the tasks can not be read', async () => {
    const { fetch } = capture([{ agent: { id: 'ra_1' } }, Response.json({ error: 'no' }, { status: 400 })])
    expect(await (await anyClient({ fetch }))['getRoutingAgent']!('ra_1')).toEqual({
      agent: { id: 'ra_1' },
      metrics: null,
    })
  })

  test('end with the reason of a cancelled call', async () => {
    const controller = new AbortController()
    const fetch = async () => {
      controller.abort('enough')
      return Response.json({ agent: { id: 'ra_1' } })
    }
    const claw = await anyClient({ fetch })
    await expect(claw['getRoutingAgent']!('ra_1', { signal: controller.signal })).rejects.toBe('enough')
  })

  test('are not asked for when the agent is unknown', async () => {
    const { fetch, sent } = capture([{ error: 'Agent not found' }], 404)
    await expect((await anyClient({ fetch }))['getRoutingAgent']!('ra_1')).rejects.toMatchObject({
      name: 'NotFoundError',
    })
    expect(sent).toHaveLength(1)
  })
})

describe('listing tasks', () => {
  test('asks for no more than a server gives', async () => {
    const { fetch, sent } = capture([tasks(200)])
    const answer = await (await anyClient({ fetch }))['listRoutingTasks']!({ limit: 100, offset: 150 })
    expect(sent[0]!.query).toEqual({ limit: '200' })
    expect(answer).toMatchObject({ tasks: tasks(200).tasks.slice(150), total: 50 })
  })

  test('page by page is one request', async () => {
    const { fetch, sent } = capture([tasks(3)])
    const claw = await anyClient({ fetch })
    const ids: string[] = []
    const filters = { status: 'completed', agent_id: 'ra_1', limit: 1 }
    for await (const { id } of claw['iterateRoutingTasks']!(filters) as unknown as AsyncIterable<RoutingTask>)
      ids.push(id)
    expect(ids).toEqual(['rt_0', 'rt_1', 'rt_2'])
    expect(sent).toEqual([
      { method: 'GET', path: '/api/routing/tasks', query: { status: 'completed', assigned_to: 'ra_1', limit: '200' } },
    ])
  })
})
