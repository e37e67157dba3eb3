import { describe, isPlain } from '../core/checks.ts'
import { InputError } from '../core/errors.ts'
import type { CreateActionInput } from './action-types.ts'
import type { CreateActionOptions } from './create.ts'
import { checkOptions, type GovernOptions, governCall, type ToolClient } from './tool-call.ts'
import { parsed, type StandardSchema } from './tool-schema.ts'
import type { TrackedAction } from './track.ts'

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

/** Options of a governed function: as of a tool, but `describe` gets the arguments themselves. */
export type GovernToolOptions<A> = Omit<GovernOptions, 'describe'> & {
  /** Fields made from the arguments of one call; they win over the fixed ones. */
  describe?: ((args: A) => Partial<CreateActionInput>) | undefined
}

/** A governed function: it takes the arguments, which may be left out where the tool has none, and options of the call. */
export type GovernedFunction<A, R> = (
  ...args: undefined extends A ? [args?: A, options?: CreateActionOptions] : [args: A, options?: CreateActionOptions]
) => Promise<R>

type Execute = (input: unknown, ...rest: unknown[]) => unknown
/** What becomes of a run, such as a string in place of a denial. */
type Finish = (run: Promise<unknown>, name: string) => Promise<unknown>

/**
 * Wraps a tool: each call of `execute` is an action, asked for, recorded, and run only when it is allowed.
 *
 * @throws {InputError} At once, for what is no tool.
 */
export function governedTool<T extends ToolLike>(
  claw: ToolClient,
  tool: T,
  options: GovernOptions = {},
  finish?: Finish,
): GovernedTool<T> {
  if (typeof tool !== 'object' || !tool || typeof tool.name !== 'string' || !tool.name) {
    throw new InputError(
      `A tool is an object with a name and a function: governTool({ name: 'refund', execute }). It got ${describe(tool)}.`,
      'name',
    )
  }
  return { ...tool, execute: governedExecute(claw, tool.name, tool, options, finish) as GovernedTool<T>['execute'] }
}

/** The governed `execute` of a tool. A signal is taken from the second argument, where frameworks put it. */
export function governedExecute(
  claw: ToolClient,
  name: string,
  tool: Omit<ToolLike, 'name'>,
  options: GovernOptions = {},
  finish: Finish = (run) => run,
): Execute {
  const execute = tool?.execute as Execute | undefined
  if (typeof execute !== 'function') throw new InputError(`The tool "${name}" has no execute function.`, 'execute')
  checkOptions(options)
  return async (given, ...rest) => {
    const input = await parsed(name, tool.inputSchema as StandardSchema | undefined, given)
    const context = rest[0] as { signal?: AbortSignal; abortSignal?: AbortSignal } | null | undefined
    const signal = context?.signal ?? context?.abortSignal
    const run = governCall(claw, { name, input }, () => execute.call(tool, input, ...rest), options, { signal })
    return finish(run, name)
  }
}

/** Wraps a function as a tool, under a name. */
export function governedFunction<A, R>(
  claw: ToolClient,
  name: string,
  work: (args: A, action: TrackedAction) => R | Promise<R>,
  options: GovernToolOptions<A> = {},
): GovernedFunction<A, R> {
  if (typeof name !== 'string' || !name || typeof work !== 'function') {
    throw new InputError(
      "governTool takes a tool, governTool({ name: 'refund', execute }), or a name and a function, governTool('refund', fn).",
      name && typeof name === 'string' ? 'fn' : 'name',
    )
  }
  checkOptions(options)
  const { describe: say, ...fixed } = options
  const all: GovernOptions = { ...fixed, describe: say && (({ input }) => say(input as A)) }
  return async (...[args, call]) => {
    if (call !== undefined && !isPlain(call as unknown)) {
      throw new InputError(`The options of a call of ${name} must be an object; got ${describe(call)}.`, 'options')
    }
    const { signal, ...own } = call ?? {}
    const input = args as A
    return governCall(claw, { name, input }, (action) => work(input, action!), { ...all, ...own }, { signal })
  }
}
