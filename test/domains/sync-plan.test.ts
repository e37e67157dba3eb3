import { describe, expect, test } from 'vitest'
import { planSync } from '../../src/domains/sync-plan.ts'

const MOST = 2_000_000
const CLIENT = { agentId: 'agent-1' }
const plan = (state: object) => planSync(state, CLIENT)
/** A goal that takes so many bytes of a request, the comma behind it included. */
const goal = (bytes: number) => {
  const bare = JSON.stringify({ title: 'G', note: '' }).length + 1
  return { title: 'G', note: 'x'.repeat(bytes - bare) }
}
const thrown = (state: object): unknown => {
  try {
    plan(state)
  } catch (error) {
    return error
  }
  throw new Error('It was taken.')
}

describe('bytes', () => {
  test('fill a request to the last one, and the next entry begins another', () => {
    const sizes = (...all: number[]) =>
      plan({ goals: all.map(goal) }).parts.map(({ fields }) => (fields['goals'] as unknown[]).length)
    expect(sizes(1_000_000, 1_000_000)).toEqual([2])
    expect(sizes(1_000_000, 1_000_001)).toEqual([1, 1])
    expect(sizes(1_000_000, 1_000_001, 999_999, 100)).toEqual([1, 2, 1])
  })
  test('of one entry have to fit, and count as UTF-8', () => {
    expect(plan({ goals: [goal(MOST)] }).parts).toHaveLength(1)
    expect(thrown({ goals: [{ title: 'ok' }, goal(MOST + 1)] })).toMatchObject({
      name: 'InputError',
      field: 'goals[1]',
      message: 'goals[1] is larger than the 2 MiB that a request may have.',
    })
    expect(thrown({ goals: [{ title: 'G', note: 'é'.repeat(MOST / 2) }] })).toMatchObject({ field: 'goals[0]' })
  })
  test('of the memory count as those of the entries do', () => {
    const memory = { health: { note: 'x'.repeat(1_000_000) } }
    expect(plan({ memory, goals: [goal(999_000)] }).parts).toHaveLength(1)
    const { parts } = plan({ memory, goals: [goal(1_000_000)] })
    expect(parts.map(({ sections }) => sections)).toEqual([['memory'], ['goals']])
    expect(thrown({ memory: { health: { note: 'x'.repeat(MOST) } } })).toMatchObject({ field: 'memory' })
  })
  test('that JSON has no form for are named', () => {
    const note: Record<string, unknown> = {}
    note['self'] = note
    expect(thrown({ goals: [{ title: 'G', note }] })).toMatchObject({
      name: 'InputError',
      field: 'goals[0]',
      message: expect.stringMatching(/^goals\[0\] can't be written as JSON: .*circular/),
      cause: expect.any(TypeError),
    })
  })
})

describe('parts', () => {
  test('all have the agent and the organization, the first has what only newer servers know', () => {
    const goals = Array.from({ length: 2001 }, (_, at) => ({ title: `G${at}` }))
    const { parts, agent_id } = plan({ target_org_id: 'org_1', plans: [1], goals })
    expect(agent_id).toBe('agent-1')
    expect(parts.map(({ fields: { goals, ...rest } }) => [rest, (goals as unknown[]).length])).toEqual([
      [{ agent_id: 'agent-1', target_org_id: 'org_1', plans: [1] }, 2000],
      [{ agent_id: 'agent-1', target_org_id: 'org_1' }, 1],
    ])
  })
  test('name each of their sections once', () => {
    const { parts } = plan({
      preferences: { moods: [{ mood: 'a' }, { mood: 'b' }], observations: [{ observation: 'o' }] },
      content: [{ title: 'C' }],
      goals: [{ title: 'A' }, { title: 'B' }],
    })
    expect(parts.map(({ sections }) => sections)).toEqual([['goals', 'content', 'preferences']])
    expect(parts[0]!.fields['preferences']).toEqual({
      moods: [{ mood: 'a' }, { mood: 'b' }],
      observations: [{ observation: 'o' }],
    })
  })
  test('of preferences go on in the next request', () => {
    const moods = Array.from({ length: 1001 }, () => ({ mood: 'm' }))
    const { parts } = plan({ preferences: { moods, approaches: [] } })
    expect(parts.map(({ fields }) => fields['preferences'])).toEqual([
      { moods: moods.slice(0, 1000) },
      { moods: [{ mood: 'm' }], approaches: [] },
    ])
  })
  test.each([
    [{}, 1],
    [{ actions: [] }, 0],
    [{ actions: [{ action_type: 'a', declared_goal: 'g' }], plans: 1 }, 1],
    [{ actions: [], goals: [] }, 1],
    [{ connections: [{ provider: 'p', metadata: { a: 1 } }] }, 0],
    [{ connections: [{ provider: 'p' }] }, 1],
  ])('of %j are %d', (state, count) => {
    expect(plan(state).parts).toHaveLength(count)
  })
})

describe('entries', () => {
  test.each([
    [{ a: 1 }, true],
    ['text', true],
    [7, true],
    [{}, false],
    ['', false],
    [null, false],
    [undefined, false],
  ])('of connections and capabilities with metadata %j', (metadata, some) => {
    const { linked, parts, unstored } = plan({
      connections: [{ provider: 'p', metadata }],
      capabilities: [{ name: 'c', metadata }],
    })
    expect(linked).toEqual(some ? [{ provider: 'p', metadata }] : [])
    expect(unstored).toBe(some ? 1 : 0)
    expect(parts[0]!.fields['capabilities']).toEqual([{ name: 'c' }])
    expect(parts[0]!.fields['connections']).toEqual(some ? undefined : [{ provider: 'p' }])
  })
  test('of other lists keep their metadata, and zeros other than an importance', () => {
    const { parts } = plan({
      goals: [{ title: 'G', progress: 0, metadata: { a: 1 } }],
      preferences: { observations: [{ observation: 'o', importance: 0 }] },
    })
    expect(parts[0]!.fields).toMatchObject({
      goals: [{ title: 'G', progress: 0, metadata: { a: 1 } }],
      preferences: { observations: [{ observation: 'o' }] },
    })
    expect((parts[0]!.fields['preferences'] as { observations: object[] }).observations[0]).toEqual({
      observation: 'o',
    })
  })
  test.each([
    [{ goals: 5 }, /^syncState: goals must be an array/, 'goals'],
    [{ goals: [{}] }, /^syncState goals\[0\] needs title/, 'title'],
    [{ goals: ['text'] }, /^syncState goals\[0\] must be an object/, 'goals'],
    [{ memory: { topics: [{ name: 't' }, {}] } }, /^syncState memory topics\[1\] needs name/, 'name'],
    [{ memory: { entities: [{}] } }, /^syncState memory entities\[0\] needs name/, 'name'],
    [{ memory: { entities: 'all' } }, /^syncState memory: entities must be an array/, 'entities'],
    [{ preferences: { moods: [{}] } }, /^syncState preferences moods\[0\] needs mood/, 'mood'],
    [{ preferences: { moods: 'good' } }, /^syncState preferences: moods must be an array/, 'moods'],
    [{ actions: [{ action_type: 'a' }] }, /^actions\[0\]: syncState needs declared_goal/, 'declared_goal'],
  ])('that can not be stored are refused by name: %j', (state, message, field) => {
    expect(thrown(state)).toMatchObject({ name: 'InputError', message: expect.stringMatching(message), field })
  })
})

describe('actions', () => {
  const base = { action_type: 'a', declared_goal: 'g' }
  test('have the agent of the state unless they name one, and fit the limits of the route', () => {
    const long = 'x'.repeat(4001)
    const { actions } = planSync(
      {
        agent_id: 'agent-2',
        actions: [
          { ...base, agent_id: null, output_summary: long, error_message: long, reasoning: long.slice(0, 10) },
          { ...base, agent_id: 'agent-3', status: 'pending', output_summary: 'short' },
          { ...base, status: 'running' },
        ],
      },
      { ...CLIENT, agentName: 'Bot', swarmId: 'swarm-1' },
    )
    const [first, second, third] = actions!
    const client = { agent_name: 'Bot', swarm_id: 'swarm-1' }
    expect(first).toMatchObject({ ...base, ...client, agent_id: 'agent-2', reasoning: 'xxxxxxxxxx' })
    for (const field of ['output_summary', 'error_message']) {
      expect(first![field]).toHaveLength(4000)
      expect(first![field]).toContain('[cut, 4001 characters]')
    }
    expect(second).toEqual({
      ...base,
      ...client,
      agent_id: 'agent-3',
      status: 'pending_approval',
      output_summary: 'short',
    })
    expect(third).toEqual({ ...base, ...client, agent_id: 'agent-2', status: 'running' })
  })
  test('are none where the state has none', () => {
    expect(plan({ goals: [] }).actions).toBeUndefined()
    expect(plan({ actions: [] }).actions).toEqual([])
  })
  test('that are decisions go behind what is learned', () => {
    const { parts } = plan({ decisions: [{ decision: 'D' }], learning: null })
    expect(parts[0]!.fields['learning']).toEqual([{ decision: 'D' }])
    expect(plan({ learning: [{ decision: 'L' }] }).parts[0]!.fields['learning']).toEqual([{ decision: 'L' }])
  })
})
