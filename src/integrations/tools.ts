import { type GovernedTool, governedExecute, governedTool, type ToolLike } from 'dashclaw'
import { orDenial } from './denial.ts'
import { type GovernOptions, requireClient, type ToolClient } from './kernel.ts'

export type { GovernedTool, ToolLike } from 'dashclaw'
export { renderDenial } from './denial.ts'
export {
  type CallContext,
  type GovernOptions,
  governCall,
  type OpenCall,
  openCall,
  type StandardSchema,
  type ToolCall,
  type ToolClient,
} from './kernel.ts'
export { type ResumeOptions, resume, type Ticket, type TicketClient, ToolHeldError } from './ticket.ts'

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
  { onDeny, ...options }: GovernToolCallOptions = {},
): GovernedTool<T> {
  requireClient(claw)
  return governedTool(claw, tool, options, onDeny === 'message' ? orDenial : undefined)
}

/** {@link governTool} for each tool of a list, or of an object whose keys are the names. */
export function governTools<const T extends readonly ToolLike[] | Record<string, Omit<ToolLike, 'name'>>>(
  claw: ToolClient,
  tools: T,
  options: GovernToolCallOptions = {},
): { -readonly [K in keyof T]: T[K] extends Pick<ToolLike, 'execute'> ? GovernedTool<T[K]> : T[K] } {
  requireClient(claw)
  const { onDeny, ...own } = options
  const governed = Array.isArray(tools)
    ? tools.map((tool: ToolLike) => governTool(claw, tool, options))
    : Object.fromEntries(
        Object.entries(tools as Record<string, Omit<ToolLike, 'name'>>).map(([name, tool]) => [
          name,
          { ...tool, execute: governedExecute(claw, name, tool, own, onDeny === 'message' ? orDenial : undefined) },
        ]),
      )
  return governed as never
}
