export type { Role, ServerVersion } from './router.ts'
export {
  createLocalServer,
  type Failure,
  type LocalKey,
  type LocalPolicy,
  type LocalServer,
  type LocalServerOptions,
  type SeenRequest,
} from './server.ts'
export type { Clock } from './state.ts'
