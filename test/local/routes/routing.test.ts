import { describe, expect, test } from 'vitest'
import { compose } from '../../../src/core/compose.ts'
import { parseJsonText } from '../../../src/core/types.ts'
import { Routing } from '../../../src/domains/routing.ts'
import { createLocalServer, type LocalServer, type LocalServerOptions } from '../../../src/local/index.ts'
import { wholeLists } from '../../support/lists.ts'
import { REPLAY_KEYS, replay } from '../../support/replay.ts'
import { send } from '../../support/seeds.ts'

const Client = compose(Routing)

/** A server that tells nobody of a task but keeps what it would have sent. */
function setup(options: LocalServerOptions = {}) {
  const posts: { url: string; body: Record<string, unknown>; headers: object }[] = []
  const server = createLocalServer({
    webhookFetch: (async (url: string, init: { body: string; headers: object }) => {
      posts.push({ url, body: JSON.parse(init.body) as Record<string, unknown>, headers: init.headers })
      return new Response(null)
    }) as never,
    ...options,
  })
  return { server, posts, claw: connect(server) }
}

const connect = (server: LocalServer) =>
  new Client({ baseUrl: server.baseUrl, apiKey: 'local', agentId: 'a', fetch: server.fetch, maxRetries: 0 })

async function maintain(server: LocalServer): Promise<unknown> {
  return (await server.fetch(`${server.baseUrl}/api/cron/routing-maintenance`, { method: 'POST' })).json()
}

describe('the recorded exchanges', () => {
  const { server } = setup({ version: '2.0', keys: REPLAY_KEYS })
  replay({
    domain: 'routing',
    server: wholeLists(server),
    before: {
      'registerRoutingAgent: capabilities as objects with a priority': () =>
        connect(server).registerRoutingAgent({ name: 'rt-min-mwruynec', max_concurrent: 3 }),
      'completeRoutingTask: second failure': async () => {
        const claw = connect(server)
        const { id } = (await claw.listRoutingTasks()).tasks.find(({ title }) => title === 'Second')!
        await claw.completeRoutingTask(id, { success: false })
      },
      'submitRoutingTask: part of the skills is enough': () =>
        connect(server).registerRoutingAgent({ name: 'rt-part', capabilities: ['part-mwrvc198'], max_concurrent: 3 }),
    },
    // Whether a task has skills depends on the task.
    optional: ['.tasks[].required_skills'],
  })

  test('end with the decisions that were recorded', async () => {
    const tasks = server.snapshot()['routing_tasks'] as { id: string; title: string }[]
    const decisions = server.snapshot()['routing_decisions'] as { task_id: string; candidates: { score: number }[] }[]
    const scores = (title: string) => {
      const { id } = tasks.find((task) => task.title === title)!
      return decisions.filter(({ task_id }) => task_id === id).map(({ candidates }) => candidates[0]?.score)
    }
    expect(scores('Analyze quarterly metrics')).toEqual([87.5])
    expect(scores('Second')).toEqual([72.5, 100, 91.67])
    expect(scores('Third')).toEqual([62.5])
    expect(scores('Fourth')).toEqual([undefined])
    expect(scores('Sixth')).toEqual([1])
    expect(scores('Crit')).toEqual([82.5])
    expect(scores('History')).toEqual([76.67])
    expect(scores('Part')).toEqual([52.5])
  })
})

describe('giving out tasks', () => {
  test('the reasons add up to the score', async () => {
    const { claw } = setup()
    await claw.registerRoutingAgent({
      name: 'Analyst',
      capabilities: ['sql', { skill: 'charts', priority: 6 }],
      max_concurrent: 2,
    })
    const { routing, assigned_agent, task } = await claw.submitRoutingTask({
      title: 't',
      required_skills: ['sql', 'charts', 'pdf'],
      urgency: 'critical',
    })
    // 2 of 3 skills, idle, no history, priority 6 of 30, urgent.
    expect(routing.score).toBe(Math.round((26.6667 + 20 + 12.5 + 3 + 10) * 100) / 100)
    expect(routing.reasons).toEqual([
      'Skill match: 2/3 (67%)',
      'Load: 0/2 (100% free)',
      'No performance history (neutral score)',
      'Skill priority bonus: 3',
      'Urgency boost: idle agent for critical task',
    ])
    expect(assigned_agent).toEqual({ id: task.assigned_to, name: 'Analyst' })
  })

  test('nobody gets a task that is full, busy, offline or without any of the skills', async () => {
    const { claw } = setup()
    const { agent } = await claw.registerRoutingAgent({ name: 'One', capabilities: ['sql'] })
    const submit = (skill: string) => claw.submitRoutingTask({ title: 't', required_skills: [skill] })
    expect((await submit('pdf')).assigned_agent).toBeNull()
    expect((await submit('sql')).assigned_agent).not.toBeNull()
    expect(await submit('sql')).toMatchObject({
      assigned_agent: null,
      routing: { reason: 'No matching agent available' },
    })
    const { agent: two } = await claw.registerRoutingAgent({ name: 'Two', capabilities: ['sql'] })
    await claw.updateRoutingAgentStatus(two.id, { status: 'busy' })
    expect((await submit('sql')).assigned_agent).toBeNull()
    await claw.updateRoutingAgentStatus(two.id, { status: 'available' })
    expect((await submit('sql')).assigned_agent?.id).toBe(two.id)
    expect((await claw.getRoutingAgent(agent.id)).agent.current_load).toBe(1)
  })

  test('without skills the least loaded agent wins, and of equals the first by name', async () => {
    const { claw } = setup()
    for (const name of ['B', 'A']) await claw.registerRoutingAgent({ name, max_concurrent: 2 })
    const names: (string | undefined)[] = []
    for (let at = 0; at < 4; at++) names.push((await claw.submitRoutingTask({ title: 't' })).assigned_agent?.name)
    expect(names).toEqual(['A', 'B', 'A', 'B'])
  })

  test('a failed task is given out again until its retries are used up', async () => {
    const { claw } = setup()
    const { agent } = await claw.registerRoutingAgent({ name: 'One', capabilities: ['sql'] })
    const { task_id } = await claw.submitRoutingTask({ title: 't', required_skills: ['sql'], max_retries: 1 })
    expect(await claw.completeRoutingTask(task_id, { success: false })).toMatchObject({
      task: { status: 'assigned', retry_count: 1 },
      routing: { agent_id: agent.id, score: 60 },
    })
    expect(await claw.completeRoutingTask(task_id, { success: false })).toMatchObject({
      task: { status: 'escalated', assigned_to: agent.id },
      routing: { status: 'escalated', reason: 'Max retries exceeded' },
    })
    expect(await claw.getRoutingAgent(agent.id)).toMatchObject({
      agent: { current_load: 0 },
      metrics: { tasks: 1, failed: 1, success_rate: 0 },
    })
    expect((await claw.getRoutingStats()).routing.total_decisions).toBe('2')
  })
})

describe('the periodic check', () => {
  test('gives out what waits, the most urgent first and words it does not know last', async () => {
    const { server, claw } = setup()
    const ids: Record<string, string> = {}
    for (const urgency of ['whenever', 'low', 'normal', 'critical', 'high'] as const) {
      ids[urgency] = (await claw.submitRoutingTask({ title: urgency, urgency: urgency as 'low' })).task_id
    }
    const { agent } = await claw.registerRoutingAgent({ name: 'One', max_concurrent: 4 })
    expect(await maintain(server)).toEqual({ timed_out: 0, routed: 4 })
    expect(await claw.listRoutingTasks({ status: 'pending' })).toMatchObject({
      tasks: [{ title: 'whenever' }],
      total: 1,
    })
    expect((await claw.getRoutingAgent(agent.id)).agent.current_load).toBe(4)
  })

  test('takes a task off an agent that took too long', async () => {
    const { server, claw } = setup()
    const { agent } = await claw.registerRoutingAgent({ name: 'One' })
    const { task_id } = await claw.submitRoutingTask({ title: 't', timeout_seconds: 60, max_retries: 1 })
    server.clock.advance(61_000)
    await claw.updateRoutingAgentStatus(agent.id, { status: 'offline' })
    expect(await maintain(server)).toEqual({ timed_out: 1, routed: 0 })
    expect(await claw.listRoutingTasks()).toMatchObject({ tasks: [{ id: task_id, status: 'pending', retry_count: 1 }] })
    expect((await claw.getRoutingAgent(agent.id)).agent.current_load).toBe(0)
    await claw.updateRoutingAgentStatus(agent.id, { status: 'available' })
    await maintain(server)
    await maintain(server)
    expect(await claw.listRoutingTasks()).toMatchObject({ tasks: [{ status: 'escalated', retry_count: 1 }] })
  })
})

describe('telling others', () => {
  test('an agent of a task, and a caller of its end, without a key', async () => {
    const { claw, posts } = setup()
    await claw.registerRoutingAgent({ name: 'One', capabilities: ['sql'], endpoint: 'https://agents.example.com/one' })
    const { task_id } = await claw.submitRoutingTask({
      title: 't',
      required_skills: ['sql'],
      callback_url: 'https://hooks.example.com/done',
    })
    await claw.completeRoutingTask(task_id, { result: { rows: 4 } })
    expect(posts).toMatchObject([
      {
        url: 'https://agents.example.com/one',
        body: { event: 'task.assigned', task: { id: task_id, required_skills: '["sql"]' } },
      },
      { url: 'https://hooks.example.com/done', body: { event: 'task.completed', task: { result: '{"rows":4}' } } },
    ])
    expect(posts.map(({ headers }) => headers)).toEqual(Array(2).fill({ 'content-type': 'application/json' }))
  })

  test.each([
    'http://hooks.example.com',
    'https://u:p@hooks.example.com',
    'https://localhost/x',
    'https://127.0.0.1/x',
    'https://10.1.2.3/x',
    'https://172.20.0.1/x',
    'https://192.168.1.1/x',
    'https://169.254.169.254/x',
    'https://0.0.0.0/x',
    'https://[::1]/x',
    'https://[fd00::1]/x',
    'https://[fe80::1]/x',
    'no url',
  ])('nobody at %s', async (callback_url) => {
    const { claw, posts } = setup()
    const { task_id } = await claw.submitRoutingTask({ title: 't', callback_url })
    await claw.completeRoutingTask(task_id)
    expect(posts).toEqual([])
  })
})

test('over real HTTP a pool is registered, used, and taken apart', async () => {
  const { server } = setup()
  const { url, close } = await server.listen()
  const claw = new Client({ baseUrl: url, apiKey: 'local', agentId: 'a' })
  const { agent } = await claw.registerRoutingAgent({ name: 'Analyst', capabilities: [{ skill: 'sql', priority: 3 }] })
  expect(agent.max_concurrent).toBe(1)
  expect(parseJsonText(agent.capabilities)).toEqual([{ skill: 'sql', priority: 3 }])
  expect((await claw.registerRoutingAgent({ id: agent.id, name: 'Analyst 2', max_concurrent: 3 })).agent).toMatchObject(
    {
      id: agent.id,
      capabilities: '[]',
      max_concurrent: 3,
    },
  )
  for (let at = 0; at < 3; at++) await claw.submitRoutingTask({ title: `t${at}`, urgency: 'medium' })
  const { tasks } = await claw.listRoutingTasks({ agent_id: agent.id, limit: 1, offset: 1 })
  expect(tasks).toMatchObject([{ title: 't1', urgency: 'normal' }])
  const titles: string[] = []
  for await (const { title } of claw.iterateRoutingTasks({ agent_id: agent.id })) titles.push(title)
  expect(titles).toEqual(['t2', 't1', 't0'])
  await expect(claw.registerRoutingAgent({ name: 'x', endpoint: 'http://example.com' })).rejects.toThrow(
    'must use HTTPS',
  )
  expect((await claw.deleteRoutingAgent(agent.id)).agent.name).toBe('Analyst 2')
  expect((await claw.listRoutingAgents()).agents).toEqual([])
  expect((await claw.getRoutingHealth()).status).toBe('ok')
  await claw.close()
  await close()
})

describe.each(['2.0', '2.10'] as const)('a task on %s', (version) => {
  test('keeps its result when it failed', async () => {
    const server = createLocalServer({ version })
    const tasks = '/api/routing/tasks'
    const { body: made } = await send<{ task: { id: string } }>(server, 'POST', tasks, { title: 't', maxRetries: 0 })
    const end = async (fields: Record<string, unknown>) =>
      (await send(server, 'POST', `${tasks}/${made.task.id}/complete`, fields)).body
    expect(await end({ success: false, result: { reason: 'no disk' } })).toMatchObject({
      task: { result: '{"reason":"no disk"}', status: 'escalated' },
      routing: { status: 'escalated' },
    })
    expect(await end({ success: false })).toMatchObject({ task: { result: null } })
    expect(await end({ result: 'done' })).toMatchObject({ task: { result: '"done"', status: 'completed' } })
  })
})
