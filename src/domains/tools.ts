import { Core } from '../core/core.ts'
import {
  type GovernedFunction,
  type GovernedTool,
  type GovernToolOptions,
  governedFunction,
  governedTool,
  type ToolLike,
} from '../governance/govern-tool.ts'
import { askGuard } from '../governance/guard.ts'
import type { GovernOptions, ToolClient } from '../governance/tool-call.ts'
import { type TrackedAction, trackAction } from '../governance/track.ts'

/** Tools: functions of an agent that run only when they are allowed. */
export abstract class Tools extends Core {
  /**
   * Wraps a tool so that every call of it is an action: asked for, recorded, and run only when it is allowed. The same as `governTool` of
   * `dashclaw/tools`, without `onDeny`.
   *
   * Reviewers see the call with its arguments as the goal, such as `refund({ order: 'A-17' })`: at most 200 characters, secrets masked.
   *
   * @param tool - `{ name, execute }`; `inputSchema` may be a Standard Schema. Or a name and a function, which gets the arguments and the
   * action with calls that are tied to it.
   * @param options - Fields of the action, such as `action_type` (default `tool`) and `risk_score` (default 30); `describe` makes them from a call (from the arguments, for a function).
   * `wait: false` does not wait for a reviewer: the call throws a {@link ToolHeldError}, whose ticket `resume` of `dashclaw/tools` runs later.
   * @returns A copy of the tool with a governed `execute`; for a function, a governed function. They throw as {@link Actions.track} does.
   * @throws {InputError} At once, for what is no tool or an option that is not known.
   *
   * @example
   * const refund = claw.governTool({ name: 'refund', execute: async ({ order }: { order: string }) => pay(order) }, { risk_score: 60 })
   * await refund.execute({ order: 'A-17' })
   */
  governTool<T extends ToolLike>(tool: T, options?: GovernOptions): GovernedTool<T>
  governTool<A, R>(
    name: string,
    fn: (args: A, action: TrackedAction) => R | Promise<R>,
    options?: GovernToolOptions<A>,
  ): GovernedFunction<A, R>
  governTool(
    tool: ToolLike | string,
    work?: GovernOptions | ((args: never, action: TrackedAction) => unknown),
    options?: GovernToolOptions<never>,
  ): unknown {
    const claw: ToolClient = {
      track: (action, fn, more) => trackAction(this, action, fn, more, 'governTool'),
      guard: (context, more) => askGuard(this, context, more),
    }
    return typeof tool === 'string'
      ? governedFunction(claw, tool, work as (args: never, action: TrackedAction) => unknown, options)
      : governedTool(claw, tool, work as GovernOptions | undefined)
  }
}
