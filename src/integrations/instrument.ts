import { type CreateActionInput, type DashClaw, InputError, newId, summarize } from 'dashclaw'
import { orDenial } from './denial.ts'
import { checkOptions, type GovernOptions, governCall } from './kernel.ts'

/** What the integrations of agents need of a client: `DashClaw`, or a composition that has `Actions` and `Tokens`. */
export type AgentClient = Pick<DashClaw, 'track' | 'createAction' | 'background' | 'queueTokenUsage'>

/** How agents are governed. The options count for tasks and tools; `tasks` and `tools` add to them for one of the two. */
export interface AgentOptions extends GovernOptions {
  /** Options of what the agent is asked to do: a task, or a reply. `{ skip: () => true }` leaves only its tools to be asked for. */
  tasks?: GovernOptions | undefined
  /** Options of the calls of its tools. */
  tools?: GovernOptions | undefined
  /**
   * What a tool that is not allowed gives: the `message` of `renderDenial` as its result (default), or `throw`. `generateReply` does as
   * the tools do; all other methods of an agent throw, as a text would pass for what they found out.
   */
  onDeny?: 'message' | 'throw' | undefined
}

type Fn = (this: unknown, ...args: unknown[]) => unknown
type Bag = Record<string, unknown>

/** What a framework has besides tools. */
export interface Plan {
  /** What makes an agent work; shared are `run`, `execute`, `invoke` and `call`. */
  methods: readonly string[]
  /** A method that is only listened to, and what is told of a call then. */
  watched: string
  watch(answer: unknown, args: unknown[]): void
  /** Told each answer of a method that makes the agent work, or each part of a stream. */
  worked?: (answer: unknown) => void
}

/** What makes agents and tools work, under the names that frameworks have for it. */
const METHODS = ['run', 'execute', 'invoke', 'call']
const TOOLS = ['tools', 'functionMap']

/** How to take back what {@link instrument} did to an agent. */
export const done = /* @__PURE__ */ new WeakMap<object, () => void>()

/** Refuses unknown options of an agent, and of its tasks and tools. */
export function checkAgentOptions(options: AgentOptions): void {
  checkOptions(options, ['tasks', 'tools', 'onDeny'], 'the integration')
  for (const part of [options.tasks, options.tools]) if (part !== undefined) checkOptions(part, [], 'the integration')
}

/** Governs an agent in place, whatever of the known methods and tools it has. An agent that is governed stays as it is. */
export function instrument(claw: AgentClient, agent: object, options: AgentOptions, plan: Plan): void {
  if (done.has(agent)) return
  const { tasks, tools, onDeny, ...common } = options
  const agent_name = nameOf(agent)
  const undo: (() => void)[] = []
  /** Gives a property another value. What somebody has put there since then stays. */
  const put = (target: object, key: string, value: unknown) => {
    const before = Object.getOwnPropertyDescriptor(target, key)
    Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable: !!before?.enumerable })
    undo.push(() => {
      if ((target as Bag)[key] !== value) return
      if (before) Object.defineProperty(target, key, before)
      else delete (target as Bag)[key]
    })
  }
  /** The tasks that are at work, with their actions. */
  const running = new Map<object, string | undefined>()
  /** Whether the agent is calling itself: true only until the first await, so nobody else's call can be taken for it. */
  let inside = false
  const during = <R>(work: () => R): R => {
    inside = true
    try {
      return work()
    } finally {
      inside = false
    }
  }

  async function perform(call: object, run: () => Promise<unknown>): Promise<unknown> {
    try {
      const answer = await run()
      plan.worked?.(answer)
      return answer
    } finally {
      running.delete(call)
    }
  }

  async function* stream(call: object, run: () => Promise<unknown>): AsyncGenerator {
    let parts: AsyncIterator<unknown> | undefined
    try {
      parts = (await run()) as AsyncIterator<unknown>
      for (;;) {
        const part = await during(parts.next.bind(parts))
        if (part.done) return
        plan.worked?.(part.value)
        yield part.value
      }
    } finally {
      running.delete(call)
      await parts?.return?.()
    }
  }

  /** A method of the agent; or without one a tool, that is a function or a method of `self`. */
  const gate = (original: Fn, name: string, method?: string, self?: object): Fn =>
    function (...args) {
      const work = () => original.apply(self ?? this, args)
      if (!done.has(agent) || (method && inside)) return work()
      const call = {
        name,
        // As it is now: a task that changes while a person decides about it is refused.
        get input() {
          return method ? picture(args[0]) : self || args.length < 2 ? args[0] : args
        },
      }
      // The words of the task, or of the last message.
      const {
        content = call.input ?? method,
        description = content,
        interpolatedTaskDescription: words = description,
      } = Object([call.input].flat().at(-1)) as Bag
      const [parent, other] = running.values()
      const run = () =>
        governCall(
          claw,
          call,
          method
            ? (action) => {
                running.set(call, action?.action_id)
                return during(work)
              }
            : work,
          {
            agent_name,
            ...(method && { declared_goal: `${name}: ${summarize(words, 500)}` }),
            ...common,
            ...(method ? tasks : tools),
          },
          {
            signal: args
              .map((arg) => ((arg as Bag)?.['signal'] ?? arg) as AbortSignal | undefined)
              .find((value) => typeof value?.aborted === 'boolean'),
            // With two tasks at work at once nobody knows whose call it is.
            parent_action_id: method || other ? undefined : parent,
          },
        )
      if (method?.endsWith('Stream')) return stream(call, run)
      const answer = method ? perform(call, run) : run()
      return onDeny !== 'throw' && (!method || method === 'generateReply') ? orDenial(answer, name) : answer
    }

  const governTool = (tool: unknown, key?: string): unknown => {
    const name = `${key ?? (((tool as Bag)?.['name'] as string) || 'tool')}`
    if (typeof tool === 'function') return gate(tool as Fn, name)
    if (Object(tool) !== tool) return tool
    // The tool itself stays as it is: other agents may have it too.
    const governed = (tool as Bag)['constructor'] === Object ? { ...(tool as Bag) } : Object.create(tool as object)
    for (const method of METHODS) {
      const original = governed[method]
      if (typeof original === 'function') put(governed, method, gate(original, name, undefined, tool as object))
    }
    return governed
  }

  const named = ([name, tool]: [string, unknown]) => [name, governTool(tool, name)] as const

  for (const method of [...plan.methods, ...METHODS]) {
    const original = (agent as Bag)[method]
    if (typeof original === 'function') put(agent, method, gate(original as Fn, agent_name, method))
  }
  for (const key of TOOLS) {
    const list = (agent as Bag)[key] as unknown[] | Map<string, unknown> | Bag | undefined
    if (!list) continue
    // The list is replaced and not changed: other agents may have it too.
    const owner = ownerOf(agent, key, list)
    const governed = Array.isArray(list)
      ? list.map((tool) => governTool(tool))
      : list instanceof Map
        ? new Map([...list].map(named))
        : Object.fromEntries(Object.entries(list).map(named))
    put(owner, key, governed)
  }
  if (!undo[0]) throw new InputError('agent has nothing to govern.')
  const owner = ownerOf(agent, plan.watched)
  const watched = owner[plan.watched] as Fn | undefined
  if (watched) {
    const observe: Fn = function (...args) {
      const answer = watched.apply(this, args)
      if (done.has(agent)) plan.watch(answer, args)
      return answer
    }
    put(owner, plan.watched, observe)
  }
  done.set(agent, () => {
    done.delete(agent)
    for (const step of undo) step()
  })
}

/** Who has a property: the agent, or the object of its own that does the work for it. */
function ownerOf(agent: object, key: string, value?: unknown): Bag {
  const inner = Object.values(agent).find((part) => (value ? part?.[key] === value : part?.[key]))
  return (Object.hasOwn(agent, key) ? agent : (inner ?? agent)) as Bag
}

/** What an agent is called. */
export function nameOf(agent: unknown): string {
  const { name, role } = Object(agent) as Bag
  return `${(typeof agent === 'string' && agent) || name || role || 'agent'}`
}

/** What tells of a task or a message, as frameworks call it. */
const FIELDS = ['name', 'description', 'interpolatedTaskDescription', 'expectedOutput', 'content']

/** What can be said of an argument: data as it is; of tasks and other objects, which hold half of the framework, what is known. */
export function picture(value: unknown, depth = 5): unknown {
  if (!depth || typeof value === 'function') return undefined
  if (Object(value) !== value) return value
  if (Array.isArray(value)) return value.map((item) => picture(item, depth - 1))
  const bag = value as Bag
  const keys = bag['constructor'] === Object && !bag['description'] ? Object.keys(bag) : FIELDS
  return Object.fromEntries(keys.map((key) => [key, picture(bag[key], depth - 1)]))
}

/** Records what has happened, in the background. What a policy blocks has no record but the guard's own. */
export function record(claw: AgentClient, input: CreateActionInput): void {
  // One id for all tries: one that arrived without an answer counts once.
  const action_id = newId('act_')
  claw.background(input.declared_goal, async () => {
    try {
      await claw.createAction({ ...input, action_id }, { wait: false })
    } catch (error) {
      if ((error as { decision?: unknown }).decision !== 'block') throw error
    }
  })
}
