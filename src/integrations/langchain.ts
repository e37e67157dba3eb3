export type { GovernOptions, ToolClient } from './call.ts'
export type { ToolCall } from './digest.ts'
export {
  type CallbackClient,
  DashClawCallbackHandler,
  type DashClawCallbackOptions,
} from './langchain/handler.ts'
export {
  type DashClawMiddleware,
  type DashClawMiddlewareOptions,
  dashclawMiddleware,
  type GraphInterruptValue,
  type MiddlewareClient,
  type ToolRequest,
} from './langchain/middleware.ts'
