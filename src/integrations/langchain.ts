export type { GovernOptions, ToolCall, ToolClient } from './kernel.ts'
export {
  type CallbackClient,
  DashClawCallbackHandler,
  type DashClawCallbackOptions,
} from './langchain-handler.ts'
export {
  type DashClawMiddleware,
  type DashClawMiddlewareOptions,
  dashclawMiddleware,
  type GraphInterruptValue,
  type MiddlewareClient,
  type ToolRequest,
} from './langchain-middleware.ts'
