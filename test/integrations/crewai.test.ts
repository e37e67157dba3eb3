import { DashClawCrewIntegration } from 'dashclaw/crewai'
import { describe, expect, test, vi } from 'vitest'
import { rejection, rows, setup } from '../support/local.ts'
import { BLOCK, HOLD } from '../support/tool-policies.ts'

interface Task {
  description: string
  expectedOutput?: string
  agent?: unknown
}

function researcher() {
  const runs: string[] = []
  const search = {
    name: 'search',
    execute(query: string) {
      runs.push(query)
      return `found ${query}`
    },
  }
  const agent = {
    role: 'Researcher',
    tools: [search],
    async executeTask(task: Task): Promise<string> {
      return `Report: ${await this.tools[0]!.execute(task.description)}`
    },
  }
  return { agent, runs, search }
}

describe('an agent of a crew', () => {
  test('works as it did, with its task and its tool recorded', async () => {
    const { claw, server } = setup()
    const { agent, runs } = researcher()
    expect(new DashClawCrewIntegration(claw).instrumentAgent(agent)).toBe(agent)
    const task: Task = { description: 'otters', expectedOutput: 'One line', agent }
    task.agent = { ...agent, task }
    expect(await agent.executeTask(task)).toBe('Report: found otters')
    expect(runs).toEqual(['otters'])
    const [above, below] = rows(server)
    expect(above).toMatchObject({
      agent_name: 'Researcher',
      declared_goal: 'Researcher: otters',
      input_summary: '{"description":"otters","expectedOutput":"One line"}',
      status: 'completed',
    })
    expect(below).toMatchObject({
      declared_goal: expect.stringMatching(/^search\(/),
      parent_action_id: above!['action_id'],
    })
  })

  test('does nothing when its task is blocked', async () => {
    const { claw } = setup({}, { policies: [BLOCK] })
    const { agent, runs } = researcher()
    new DashClawCrewIntegration(claw).instrumentAgent(agent)
    const error = await rejection(agent.executeTask({ description: 'otters' }))
    expect(error).toMatchObject({ name: 'GuardBlockedError' })
    expect(runs).toEqual([])
  })

  test('waits for a person, and gives a ticket where nobody may wait', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const { agent, runs } = researcher()
    const approve = ({ action_id }: { action_id: string }) => void server.approve(action_id)
    const integration = new DashClawCrewIntegration(claw, {
      tasks: { onPending: approve },
      tools: { wait: false },
      onDeny: 'throw',
    })
    integration.instrumentAgent(agent)
    expect(await rejection(agent.executeTask({ description: 'otters' }))).toMatchObject({
      name: 'ToolHeldError',
      ticket: { tool: 'search', input: 'otters' },
    })
    expect(runs).toEqual([])
  })

  test('with two tasks at work leaves open whose tool call it is', async () => {
    const { claw, server } = setup()
    const { agent, search } = researcher()
    let [arrived, open] = [0, () => {}]
    const both = new Promise<void>((resolve) => {
      open = resolve
    })
    const meeting = {
      ...agent,
      tools: [search],
      async executeTask({ description }: Task) {
        if (++arrived === 2) open()
        await both
        return this.tools[0]!.execute(description)
      },
    }
    new DashClawCrewIntegration(claw).instrumentAgent(meeting)
    await Promise.all([meeting.executeTask({ description: 'otters' }), meeting.executeTask({ description: 'bears' })])
    await meeting.executeTask({ description: 'owls' })
    const parents = rows(server).flatMap((row) =>
      String(row['declared_goal']).startsWith('search(') ? [[row['input_summary'], !!row['parent_action_id']]] : [],
    )
    expect(Object.fromEntries(parents)).toEqual({ otters: false, bears: false, owls: true })
  })

  test('keeps a tool that is an object of a class what it is', async () => {
    const { claw } = setup()
    class Counter {
      count = 0
      readonly name = 'count'
      run(by: number) {
        this.count += by
        return this.count
      }
    }
    const counter = new Counter()
    const agent = new DashClawCrewIntegration(claw).instrumentAgent({ name: 'a', tools: [counter] })
    expect(agent.tools[0]).toBeInstanceOf(Counter)
    expect(await agent.tools[0]!.run(2)).toBe(2)
    expect(counter.count).toBe(2)
    expect(agent.tools[0]!.count).toBe(2)
  })
})

describe('the callback of a task', () => {
  test('records who did what, also for nothing at all, and throws nothing', async () => {
    const { claw, server } = setup()
    const { taskCallback } = new DashClawCrewIntegration(claw)
    taskCallback({ description: 'Find otters', agent: { name: 'Ada' }, result: { fact: 'They hold hands' } })
    taskCallback(undefined as never)
    await claw.flush()
    const seen = rows(server).map((row) => [row['declared_goal'], row['output_summary'], row['status']])
    expect(seen[0]).toEqual(['Ada: Find otters', '{"fact":"They hold hands"}', 'completed'])
    expect(seen).toHaveLength(2)
  })

  test('tries again what did not arrive, as the same action', async () => {
    vi.useFakeTimers()
    try {
      const { server, claw: direct } = setup()
      let down = true
      const ids: unknown[] = []
      const { claw } = setup(
        {
          maxRetries: 0,
          fetch: async (input, init) => {
            if (String(input).endsWith('/api/actions')) ids.push(JSON.parse(`${init?.body}`).action_id)
            const answer = await server.fetch(new Request(input as string, init))
            if (!down) return answer
            down = false
            throw new TypeError('connection lost')
          },
        },
        server,
      )
      new DashClawCrewIntegration(claw).taskCallback({ description: 'Find otters' })
      await vi.advanceTimersByTimeAsync(120_000)
      expect(ids).toHaveLength(2)
      expect(ids[0]).toBe(ids[1])
      expect(rows(server)).toHaveLength(1)
      await direct.close()
    } finally {
      vi.useRealTimers()
    }
  })

  test('is no second try where a policy blocks the record', async () => {
    const block = { name: 'Other', policy_type: 'block_action_type', rules: { action_types: ['other'] } } as const
    const { claw, server } = setup({ guardMode: 'enforce' }, { policies: [block] })
    new DashClawCrewIntegration(claw).taskCallback({ description: 'Find otters' })
    await claw.flush()
    const asked = server.requests.length
    await claw.flush()
    expect(server.requests).toHaveLength(asked)
  })
})
