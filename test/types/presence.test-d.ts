import { expectTypeOf } from 'vitest'
import type { AgentList, DashClaw } from '../../src/index.ts'

declare const claw: DashClaw

expectTypeOf(claw.heartbeat({ status: 'busy' })).resolves.toHaveProperty('timestamp')
expectTypeOf(claw.startHeartbeat({ interval: 1000 })).toEqualTypeOf<void>()
expectTypeOf(claw.stopHeartbeat()).toEqualTypeOf<void>()
expectTypeOf(claw.listAgents({ debug: true })).resolves.toEqualTypeOf<AgentList>()
