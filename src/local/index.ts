export type { Failure, SeenRequest } from './failures.ts'
export type { Role, ServerVersion } from './router.ts'
export {
  createLocalServer,
  type LocalKey,
  type LocalPolicy,
  type LocalServer,
  type LocalServerOptions,
} from './server.ts'
export type { Clock } from './state.ts'
export type { TableName } from './tables.ts'
