import { InputError } from 'dashclaw'
import { type GovernOptions, governCall, orDenial, requireClient, type ToolClient } from './call.ts'
import { parsed, type StandardSchema } from './schema.ts'

export { type CallContext, type GovernOptions, governCall, type OpenCall, openCall, type ToolClient } from './call.ts'
export { renderDenial } from './denial.ts'
export type { ToolCall } from './digest.ts'
export type { StandardSchema } from './schema.ts'
export { type ResumeOptions, resume, type Ticket, type TicketClient, ToolHeldError } from './ticket.ts'

/** A tool as most agents have it: a name, and `execute`, which takes the arguments first. */
export interface ToolLike {
  name: string
  /** Checked before the guard is asked, when it is a Standard Schema (zod, valibot, arktype, …). */
  inputSchema?: unknown
  execute(input: never, ...rest: never[]): unknown
}

/** A tool whose `execute` is governed, and so gives a promise. */
export type GovernedTool<T extends Pick<ToolLike, 'execute'>> = Omit<T, 'execute'> & {
  execute(...args: Parameters<T['execute']>): Promise<Awaited<ReturnType<T['execute']>>>
}

/** Options of {@link governTool}. */
export interface GovernToolCallOptions extends GovernOptions {
  /** What a denied call gives: `throw` its error (default), or return the `message` of `renderDenial` as the tool's result. */
  onDeny?: 'throw' | 'message' | undefined
}

/**
 * Wraps a tool: each call of `execute` is an action, asked for, recorded, and run only when it is allowed.
 *
 * The arguments are checked against `inputSchema` first, so that the policies see what will run. A signal is taken from the second
 * argument (`signal` or `abortSignal`), where frameworks put it.
 *
 * @returns A copy of the tool with a governed `execute`, which gives a promise. It throws as {@link governCall} does, and
 * {@link ToolHeldError} with `wait: false`; {@link InputError} when the arguments do not fit the schema.
 */
export function governTool<T extends ToolLike>(
  claw: ToolClient,
  tool: T,
  options: GovernToolCallOptions = {},
): GovernedTool<T> {
  requireClient(claw)
  if (typeof tool?.name !== 'string' || !tool.name) throw new InputError('tool.name must be a text.', 'name')
  return { ...tool, execute: governedExecute(claw, tool.name, tool, options) as GovernedTool<T>['execute'] }
}

/** {@link governTool} for each tool of a list, or of an object whose keys are the names. */
export function governTools<const T extends readonly ToolLike[] | Record<string, Omit<ToolLike, 'name'>>>(
  claw: ToolClient,
  tools: T,
  options: GovernToolCallOptions = {},
): { -readonly [K in keyof T]: T[K] extends Pick<ToolLike, 'execute'> ? GovernedTool<T[K]> : T[K] } {
  requireClient(claw)
  const governed = Array.isArray(tools)
    ? tools.map((tool: ToolLike) => governTool(claw, tool, options))
    : Object.fromEntries(
        Object.entries(tools as Record<string, Omit<ToolLike, 'name'>>).map(([name, tool]) => [
          name,
          { ...tool, execute: governedExecute(claw, name, tool, options) },
        ]),
      )
  return governed as never
}

type Execute = (input: unknown, ...rest: unknown[]) => unknown

function governedExecute(
  claw: ToolClient,
  name: string,
  tool: Omit<ToolLike, 'name'>,
  { onDeny, ...options }: GovernToolCallOptions,
): Execute {
  const execute = tool?.execute as Execute | undefined
  if (typeof execute !== 'function') throw new InputError(`The tool "${name}" has no execute function.`, 'execute')
  return async (given, ...rest) => {
    const input = await parsed(name, tool.inputSchema as StandardSchema | undefined, given)
    const context = rest[0] as { signal?: AbortSignal; abortSignal?: AbortSignal } | null | undefined
    const signal = context?.signal ?? context?.abortSignal
    const run = governCall(claw, { name, input }, () => execute.call(tool, input, ...rest), options, { signal })
    return onDeny === 'message' ? orDenial(run, name) : run
  }
}
