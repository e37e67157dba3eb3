import { InputError } from 'dashclaw'
import { renderDenial } from './denial.ts'
import type { ToolCall } from './kernel.ts'
import { checkOptions, type GovernOptions, openCall, requireClient, runCall, skips, type ToolClient } from './kernel.ts'
import { type Ticket, ToolHeldError } from './ticket.ts'

export type { GovernOptions, ToolClient } from './kernel.ts'

/** Options of the functions of this entry. */
export interface McpGovernOptions extends GovernOptions {
  /** What a call that must not run gives: a `result` with `isError` and the text of `renderDenial` (default), or `throw` its error. */
  onDeny?: 'result' | 'throw' | undefined
  /** With `wait: false`: gets the ticket of a held call before the answer goes out. Give it to `resume` of `dashclaw/tools` later. */
  onTicket?: ((ticket: Ticket) => unknown) | undefined
}

/** The result of a call that did not run. */
export interface McpDenial {
  content: { type: 'text'; text: string }[]
  isError: true
}

/** Runs a call when that is allowed. A result that says `isError` is recorded as a failure. */
async function govern(
  claw: ToolClient,
  call: ToolCall,
  run: () => unknown,
  { onDeny, onTicket, ...options }: McpGovernOptions,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  if (skips(options, call)) return run()
  let started = false
  try {
    const open = await openCall(claw, call, options, { signal })
    return await runCall(
      {
        check: open.check,
        end(outcome) {
          const failure = 'output' in outcome && failureOf(outcome.output)
          return open.end(failure ? { error: failure } : outcome)
        },
      },
      call,
      () => {
        started = true
        return run()
      },
    )
  } catch (error) {
    if (!started && error instanceof ToolHeldError) await onTicket?.(error.ticket)
    const text = !started && onDeny !== 'throw' && renderDenial(error, call.name)
    if (!text) throw error
    return { content: [{ type: 'text', text }], isError: true } satisfies McpDenial
  }
}

/** What went wrong, by a result with `isError`. */
function failureOf(result: unknown): Error | undefined {
  const { isError, content } = Object(result) as { isError?: unknown; content?: unknown }
  if (!isError) return undefined
  const texts = Array.isArray(content) ? content.map((part) => Object(part).text) : []
  return new Error(texts.filter((text) => typeof text === 'string').join('\n') || 'The tool gave an error.')
}

type Callback = (...args: never[]) => unknown

const done = /* @__PURE__ */ new WeakSet<object>()

/**
 * Governs the handler of one tool of a server: each call is asked for, recorded with its arguments and outcome, held for a person where a
 * policy says so, and run only when it is allowed. The request's own `signal` (a client that cancels, or waits no longer) ends the wait.
 *
 * @param claw - Client of the agent that the calls count for.
 * @param name - Name of the tool.
 * @param handler - Takes `(args, extra)`, or `(extra)` for a tool without `inputSchema`, as `McpServer.registerTool` calls it.
 * @param options - How calls become actions, and `onDeny`.
 * @returns A handler of the same type. A call that must not run gives a result with `isError` and a text that the model can read.
 * @throws {InputError} For a client without `track`, or a handler that is no function.
 */
export function governHandler<H extends Callback>(
  claw: ToolClient,
  name: string,
  handler: H,
  options: McpGovernOptions = {},
): H {
  requireClient(claw)
  checkOptions(options, ['onDeny', 'onTicket'], 'governHandler')
  if (typeof handler !== 'function') throw new InputError('handler must be a function.', 'handler')
  if (done.has(handler)) return handler
  const governed = (...args: unknown[]) => {
    const extra = args.at(-1) as { signal?: AbortSignal } | undefined
    const input = args.length > 1 ? args[0] : {}
    return govern(claw, { name, input }, () => handler(...(args as never[])), options, extra?.signal)
  }
  done.add(governed)
  return governed as unknown as H
}

/** A tool of an `McpServer`, as far as it is used here. */
interface Registered {
  handler?: unknown
  update?: (changes: { name?: string | null; callback?: unknown }) => void
}

/** What {@link governServer} changes: the `McpServer` of `@modelcontextprotocol/sdk`. */
export interface McpServerLike {
  registerTool: Callback
  tool?: Callback
}

/**
 * Governs every tool of a server, as {@link governHandler} does: the tools that are registered from now on by `registerTool()`, `tool()`
 * and `experimental.tasks.registerToolTask()`, those that are registered already, and callbacks that `update()` puts in. Of a task,
 * `createTask` is governed: it ends with the task's creation. Prompts, resources and the rest stay as they are.
 *
 * A client that calls a held tool waits at most its own time limit (60 s by default), and the call is cancelled then: give
 * `approvalTimeout`, or `wait: false` and `onTicket`, where people take longer.
 *
 * @param claw - Client of the agent that the calls count for.
 * @param server - An `McpServer`. A low-level `Server` has no tools of its own: use {@link governHandler} inside of its handler.
 * @param options - How calls become actions, and `onDeny`.
 * @returns The same server. Twice is the same as once, and the first client holds.
 * @throws {InputError} For a client without `track`, or a server without `registerTool`.
 */
export function governServer<S extends McpServerLike>(claw: ToolClient, server: S, options: McpGovernOptions = {}): S {
  requireClient(claw)
  checkOptions(options, ['onDeny', 'onTicket'], 'governServer')
  if (typeof server?.registerTool !== 'function') throw new InputError('server must be an McpServer.', 'server')
  if (done.has(server)) return server

  const wrap = (name: string, handler: unknown): unknown => {
    if (typeof handler === 'function') return governHandler(claw, name, handler as Callback, options)
    const { createTask } = Object(handler) as { createTask?: Callback }
    if (!createTask) return handler
    const bound = createTask.bind(handler) as Callback
    // Only an error can answer in the place of a task.
    return { ...Object(handler), createTask: governHandler(claw, name, bound, { ...options, onDeny: 'throw' }) }
  }
  const watch = (name: string, tool: Registered | undefined) => {
    const update = tool?.update
    if (!tool || !update) return
    let known = name
    tool.update = (changes) => {
      known = changes.name ?? known
      update.call(tool, 'callback' in changes ? { ...changes, callback: wrap(known, changes.callback) } : changes)
    }
  }
  const patch = (target: object | undefined, method: string) => {
    const bag = target as Record<string, unknown> | undefined
    const register = bag?.[method]
    if (!bag || typeof register !== 'function') return
    bag[method] = (name: string, ...rest: unknown[]) => {
      const tool = register.call(target, name, ...rest.slice(0, -1), wrap(name, rest.at(-1)))
      watch(name, tool)
      return tool
    }
  }
  const inner = server as S & {
    _registeredTools?: Record<string, Registered>
    experimental?: { tasks?: object }
  }
  for (const [name, tool] of Object.entries(inner._registeredTools ?? {})) {
    tool.handler = wrap(name, tool.handler)
    watch(name, tool)
  }
  patch(server, 'registerTool')
  patch(server, 'tool')
  patch(inner.experimental?.tasks, 'registerToolTask')
  done.add(server)
  return server
}

/** What {@link governClient} changes: the `Client` of `@modelcontextprotocol/sdk`, or the client of `@ai-sdk/mcp`. */
export interface McpClientLike {
  callTool: Callback
}

/**
 * Governs what an agent calls on a server: each `client.callTool({ name, arguments })` is asked for, recorded, held for a person where a
 * policy says so, and sent only when it is allowed. A `signal` in the options of the call ends the wait, and the time limit of the call
 * starts after it. All other methods stay as they are; `experimental.tasks.callToolStream()` is not governed.
 *
 * With the client of `@ai-sdk/mcp` the tools of `client.tools()` are governed too, since they call it.
 *
 * @param claw - Client of the agent that calls.
 * @param client - A client of an MCP server.
 * @param options - How calls become actions, and `onDeny`.
 * @returns The same client. Twice is the same as once, and the first `claw` holds. A call that must not run gives a result with `isError`
 * and a text that the model can read.
 * @throws {InputError} For a `claw` without `track`, or a client without `callTool`.
 */
export function governClient<C extends McpClientLike>(claw: ToolClient, client: C, options: McpGovernOptions = {}): C {
  requireClient(claw)
  checkOptions(options, ['onDeny', 'onTicket'], 'governClient')
  if (typeof client?.callTool !== 'function') throw new InputError('client must have callTool().', 'client')
  if (done.has(client)) return client
  const callTool = client.callTool as (...args: unknown[]) => unknown
  const governed = (...args: unknown[]) => {
    const params = args[0] as { name: string; arguments?: unknown; options?: { signal?: AbortSignal } }
    const { signal } = (args[2] ?? params.options ?? {}) as { signal?: AbortSignal }
    const call = {
      name: params.name,
      get input() {
        return params.arguments ?? {}
      },
    }
    return govern(claw, call, () => callTool.apply(client, args), options, signal)
  }
  client.callTool = governed as unknown as C['callTool']
  done.add(client)
  return client
}
