import { expectTypeOf } from 'vitest'
import {
  Actions,
  Approvals,
  compose,
  type DashClaw,
  type DashClawOptions,
  Guard,
  isDashClawError,
  parseJsonText,
} from '../../src/index.ts'

declare const claw: DashClaw

expectTypeOf(claw.request<{ ok: boolean }>({ method: 'GET', path: '/api/health' })).resolves.toEqualTypeOf<{
  ok: boolean
}>()
// @ts-expect-error: not a method
void claw.request({ method: 'FETCH', path: '/' })
expectTypeOf(claw.flush()).resolves.toEqualTypeOf<void>()
expectTypeOf(claw.close()).resolves.toEqualTypeOf<void>()
expectTypeOf(claw.forAgent('other')).toEqualTypeOf<DashClaw>()
// @ts-expect-error: a mode that is not one
const wrong: DashClawOptions = { guardMode: 'strict' }
void wrong
expectTypeOf(
  parseJsonText({} as Awaited<ReturnType<typeof claw.getAction>>['action']['systems_touched']),
).toEqualTypeOf<string[] | null>()

const Small = compose(Actions, Guard)
expectTypeOf<InstanceType<typeof Small>>().toHaveProperty('guard')
expectTypeOf<InstanceType<typeof Small>>().toHaveProperty('track')
// @ts-expect-error: a domain that is not there
void new Small({}).approveAction
expectTypeOf(Approvals.prototype.approveAction).toBeFunction()

declare const error: unknown
if (isDashClawError(error, 'GuardBlockedError')) expectTypeOf(error.reasons).toEqualTypeOf<readonly string[]>()
else if (isDashClawError(error, 'APIError')) expectTypeOf(error.status).toEqualTypeOf<number>()
