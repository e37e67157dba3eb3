import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import { DynamicStructuredTool } from '@langchain/core/tools'
import { type ActionRecord, DashClaw, type DashClawOptions } from 'dashclaw'
import { type AgentOptions, DashClawCrewIntegration } from 'dashclaw/crewai'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import { build } from 'esbuild'
import { Agent, Task, Team } from 'kaibanjs'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { eventually } from '../support/eventually.ts'
import { BLOCK, HOLD } from './support/server.ts'

// KaibanJS reads it when it is imported, and phones home without it.
vi.hoisted(() => {
  process.env['KAIBAN_TELEMETRY_OPT_OUT'] = 'true'
})

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function setup(options: Parameters<typeof createLocalServer>[0] = {}, more: DashClawOptions = {}) {
  const server = createLocalServer(options)
  const { url, close } = await server.listen()
  const client = (agentId = 'crew') =>
    new DashClaw({ baseUrl: url, apiKey: 'local', agentId, logger: { warn() {} }, ...more })
  const claw = client()
  closing.push(
    () => server.close(),
    close,
    () => claw.close(),
  )
  return { server, claw, client }
}
const rows = (server: LocalServer) => (server.snapshot()['actions'] ?? []) as unknown as ActionRecord[]
/** The rows by their goals; those of tools by the name of the tool. */
const byGoal = (server: LocalServer) =>
  Object.fromEntries(rows(server).map((row) => [String(row.declared_goal).replace(/\(.*\)$/, '()'), row]))

/** A team is done before the last of its agents is. */
const ended = (server: LocalServer) =>
  eventually(() => expect(rows(server).map(({ status }) => status)).not.toContain('running'))

/** Gives its answers one after the other, each for 11 tokens in and 5 out. */
class ScriptedModel extends BaseChatModel {
  readonly asked: string[] = []
  readonly answers: object[]
  constructor(answers: object[]) {
    super({ model: 'scripted-2026' } as object)
    this.answers = [...answers]
  }
  _llmType() {
    return 'scripted'
  }
  async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    this.asked.push(`${messages.at(-1)?.content}`)
    const text = JSON.stringify(this.answers.shift() ?? { finalAnswer: 'out of answers' })
    const usage_metadata = { input_tokens: 11, output_tokens: 5, total_tokens: 16 }
    const message = Object.assign(new AIMessage(text), { usage_metadata })
    return { generations: [{ text, message }] }
  }
}

const SEARCH = { thought: 'I search', action: 'search', actionInput: { query: 'otters', token: 'hunter2' } }
const FINAL = { thought: 'I know', finalAnswer: 'Otters hold hands.' }

/** A team of one agent with one tool and one task. */
function kaiban(answers: object[] = [SEARCH, FINAL]) {
  const runs: unknown[] = []
  const search = new DynamicStructuredTool({
    name: 'search',
    description: 'Searches',
    schema: z.object({ query: z.string(), token: z.string().optional() }),
    func: async (input) => {
      runs.push(input)
      return `found ${input.query}`
    },
  })
  const model = new ScriptedModel(answers)
  const agent = new Agent({
    name: 'Ada',
    role: 'Researcher',
    goal: 'Find facts',
    background: 'Biology',
    // Its types are those of the LangChain that it brings; it takes any.
    tools: [search as never],
    llmInstance: model as never,
    maxIterations: 5,
  })
  const task = new Task({ description: 'Find a fact about {animal}', expectedOutput: 'One sentence', agent })
  const team = new Team({
    name: 'Zoo',
    agents: [agent],
    tasks: [task],
    inputs: { animal: 'otters' },
    logLevel: 'error',
  })
  return { agent, team, model, runs, search }
}

describe('a team of KaibanJS', () => {
  test('runs its task and its tools as actions, and each answer of the model is counted once', async () => {
    const { server, claw } = await setup()
    const { agent, team, runs } = kaiban()
    expect(new DashClawCrewIntegration(claw).instrumentAgent(agent)).toBe(agent)
    const { status, result } = await team.start()
    expect([status, result]).toEqual(['FINISHED', 'Otters hold hands.'])
    expect(runs).toEqual([{ query: 'otters', token: 'hunter2' }])
    await ended(server)
    const { 'Ada: Find a fact about otters': task, 'search()': tool, ...others } = byGoal(server)
    expect(others).toEqual({})
    expect(task).toMatchObject({
      agent_id: 'crew',
      agent_name: 'Ada',
      status: 'completed',
      input_summary: expect.stringContaining('One sentence'),
      output_summary: expect.stringContaining('Otters hold hands.'),
      duration_ms: expect.any(Number),
    })
    expect(tool).toMatchObject({
      parent_action_id: task!.action_id,
      input_summary: '{"query":"otters","token":"[REDACTED]"}',
      output_summary: 'found otters',
      status: 'completed',
    })
    await claw.flush()
    const report = { agent_id: 'crew', tokens_in: 11, tokens_out: 5, model: 'scripted-2026' }
    expect(server.requests.filter(({ path }) => path === '/api/tokens').map(({ body }) => body)).toEqual([
      report,
      report,
    ])
  })

  test('does not run a tool that is blocked, and the model is told', async () => {
    const { claw } = await setup({ policies: [BLOCK] })
    const { agent, team, runs, model } = kaiban()
    new DashClawCrewIntegration(claw, { tasks: { action_type: 'research' } }).instrumentAgent(agent)
    expect((await team.start()).result).toBe('Otters hold hands.')
    expect(runs).toEqual([])
    expect(model.asked.at(-1)).toMatch(/The call of the tool .*search.* did not run: it is not allowed \(Tools: /)
  })

  test('does not start a task that is blocked: no model is asked, no tool runs', async () => {
    const { claw } = await setup({ policies: [BLOCK] })
    const { agent, team, runs, model } = kaiban()
    new DashClawCrewIntegration(claw).instrumentAgent(agent)
    await expect(team.start()).rejects.toThrow('Workflow encountered an error')
    expect(team.getTasksByStatus('BLOCKED')).toHaveLength(1)
    expect([model.asked, runs]).toEqual([[], []])
  })

  test('holds a tool until a person has approved it', async () => {
    const { server, claw, client } = await setup({ policies: [HOLD] })
    const operator = client('operator')
    const { agent, team, runs } = kaiban()
    const onPending = ({ action_id }: { action_id: string }) => {
      expect(runs).toEqual([])
      void operator.approveAction(action_id, { decision: 'allow' })
    }
    new DashClawCrewIntegration(claw, { tasks: { action_type: 'research' }, tools: { onPending } }).instrumentAgent(
      agent,
    )
    expect((await team.start()).result).toBe('Otters hold hands.')
    expect(runs).toHaveLength(1)
    await ended(server)
    expect(rows(server).map(({ status }) => status)).toEqual(['completed', 'completed'])
    await operator.close()
  })

  test('tells the model what a person said who denied its tool', async () => {
    const { server, claw } = await setup({ policies: [HOLD] })
    const { agent, team, runs, model } = kaiban()
    const onPending = ({ action_id }: { action_id: string }) => void server.deny(action_id, { reasoning: 'no otters' })
    new DashClawCrewIntegration(claw, { tasks: { action_type: 'research' }, tools: { onPending } }).instrumentAgent(
      agent,
    )
    await team.start()
    expect(runs).toEqual([])
    expect(model.asked.at(-1)).toContain('a person denied it (no otters)')
  })

  test('does not run a tool when nobody can be asked', async () => {
    const { claw } = await setup({}, { baseUrl: 'http://127.0.0.1:9', guardMode: 'enforce', maxRetries: 0 })
    const { agent, team, runs, model } = kaiban()
    new DashClawCrewIntegration(claw, { tasks: { skip: () => true } }).instrumentAgent(agent)
    await team.start()
    expect(runs).toEqual([])
    expect(model.asked.at(-1)).toContain('could not be asked')
  })

  test('records what a tool throws', async () => {
    const { server, claw } = await setup()
    const { agent, team, model } = kaiban([{ ...SEARCH, actionInput: { query: 5 } }, FINAL])
    new DashClawCrewIntegration(claw).instrumentAgent(agent)
    await team.start()
    expect(byGoal(server)['search()']).toMatchObject({ status: 'failed', error_message: expect.any(String) })
    expect(model.asked).toHaveLength(2)
  })

  test('is what it was once that is taken back, and two teams do not mix', async () => {
    const { server, claw, client } = await setup()
    const other = client('other')
    const [one, two] = [kaiban(), kaiban()]
    const integration = new DashClawCrewIntegration(claw)
    integration.instrumentAgent(one.agent)
    new DashClawCrewIntegration(other).instrumentAgent(two.agent)
    await Promise.all([one.team.start(), two.team.start()])
    expect(
      rows(server)
        .map(({ agent_id }) => agent_id)
        .sort(),
    ).toEqual(['crew', 'crew', 'other', 'other'])
    await other.close()

    const fresh = kaiban()
    const state = [fresh.agent, fresh.agent.agentInstance].map((part) => Object.getOwnPropertyDescriptors(part))
    integration.unInstrument(integration.instrumentAgent(fresh.agent))
    expect([fresh.agent, fresh.agent.agentInstance].map((part) => Object.getOwnPropertyDescriptors(part))).toEqual(
      state,
    )
    expect(fresh.agent.tools[0]).toBe(fresh.search)
  })
})

/**
 * What works of the package `crewai`: its main file is a command line, its Agent and Task import what it does not hold, its TaskOutput is
 * no JavaScript, and its BaseAgent looks for its parts in the wrong folder.
 */
interface CrewModules {
  BaseAgent: new (...args: unknown[]) => CrewAgent
  BaseAgentTool: new (name: string, description: string, run: (input: string) => unknown) => CrewTool
  Executor: new (agent: CrewAgent, task: { description: string }) => { execute(): Promise<unknown> }
  ToolsHandler: new () => {
    tools: Map<string, unknown>
    registerTool(name: string, tool: (...args: string[]) => unknown): void
    executeTool(name: string, ...args: string[]): Promise<unknown>
  }
}
interface CrewTool {
  name: string
  run(input: string): Promise<unknown>
}
interface CrewAgent {
  name: string
  tools: CrewTool[]
  addTool(tool: CrewTool): void
  execute(task: { description: string }): Promise<unknown>
}

describe('the classes of crewai', () => {
  const folder = mkdtempSync(join(import.meta.dirname, '.example-crewai-'))
  let crew: CrewModules
  beforeAll(async () => {
    const source = 'crewai/src/crewai'
    await build({
      stdin: {
        contents: `
          export { BaseAgent } from '${source}/agents/agent_builder/base_agent.ts'
          export { BaseAgentTool } from '${source}/agents/agent_builder/utilities/base_agent_tool.ts'
          export { Executor } from '${source}/agents/executor.ts'
          export { ToolsHandler } from '${source}/agents/tools_handler.ts'`,
        resolveDir: import.meta.dirname,
      },
      outfile: join(folder, 'crewai.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
      plugins: [
        {
          name: 'folder-of-base-agent',
          setup({ onResolve }) {
            onResolve({ filter: /^\.\/base_(agent_tool|token_process|output_converter)$/ }, ({ path, resolveDir }) => ({
              path: join(resolveDir, 'utilities', `${path}.ts`),
            }))
          },
        },
      ],
    })
    crew = (await import(pathToFileURL(join(folder, 'crewai.mjs')).href)) as CrewModules
    vi.spyOn(console, 'log').mockImplementation(() => {})
  })
  afterAll(() => {
    vi.restoreAllMocks()
    rmSync(folder, { recursive: true, force: true })
  })

  /** An agent that gives its task to its first tool. */
  function researcher(runs: unknown[]) {
    const { BaseAgent, BaseAgentTool } = crew
    class Researcher extends BaseAgent {
      async _run({ task }: { task: { description: string } }) {
        return `Report: ${await this.tools[0]!.run(task.description)}`
      }
    }
    const agent = new Researcher('Ada', 'Researcher', 'Find facts', 'Biology')
    const search = new BaseAgentTool('search', 'Searches', (input) => {
      runs.push(input)
      return `found ${input}`
    })
    agent.addTool(search)
    return agent
  }
  const execute = (agent: CrewAgent) => new crew.Executor(agent, { description: 'otters' }).execute()
  const governed = (claw: DashClaw, runs: unknown[], options?: AgentOptions) =>
    new DashClawCrewIntegration(claw, options).instrumentAgent(researcher(runs))

  test('run tasks and tools as actions', async () => {
    const { server, claw } = await setup()
    const runs: unknown[] = []
    expect(await execute(governed(claw, runs))).toBe('Report: found otters')
    expect(runs).toEqual(['otters'])
    const { 'Ada: otters': task, 'search()': tool } = byGoal(server)
    expect(task).toMatchObject({ status: 'completed', output_summary: 'Report: found otters' })
    expect(tool).toMatchObject({
      status: 'completed',
      output_summary: 'found otters',
      parent_action_id: task!.action_id,
    })
  })

  test('run nothing that is blocked', async () => {
    const { claw } = await setup({ policies: [BLOCK] })
    const runs: unknown[] = []
    await expect(execute(governed(claw, runs))).rejects.toMatchObject({ name: 'GuardBlockedError' })
    const denied = await execute(governed(claw, runs, { tasks: { action_type: 'research' } }))
    expect(denied).toMatch(/^Report: The call of the tool "search" did not run/)
    expect(runs).toEqual([])
  })

  test('find their tools governed in a handler, too', async () => {
    const { server, claw } = await setup()
    const handler = new crew.ToolsHandler()
    handler.registerTool('add', (a, b) => a! + b!)
    const integration = new DashClawCrewIntegration(claw)
    integration.instrumentAgent(handler)
    expect(await handler.executeTool('add', 'x', 'y')).toBe('xy')
    expect(byGoal(server)['add()']).toMatchObject({ input_summary: '["x","y"]', status: 'completed' })
    integration.unInstrument(handler)
    await handler.executeTool('add', 'x', 'y')
    expect(rows(server)).toHaveLength(1)
  })

  test('may be only watched, by the callback that gets the output of a task', async () => {
    const { server, claw } = await setup()
    const { taskCallback } = new DashClawCrewIntegration(claw)
    const output = { description: 'Find otters', expectedOutput: 'A fact', raw: 'token=hunter22', agent: 'Researcher' }
    expect(taskCallback(output)).toBeUndefined()
    await claw.flush()
    expect(rows(server)).toMatchObject([
      {
        agent_name: 'Researcher',
        declared_goal: 'Researcher: Find otters',
        output_summary: 'token=[REDACTED]',
        status: 'completed',
      },
    ])
  })
})
