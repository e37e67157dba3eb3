import { expectTypeOf } from 'vitest'
import type { ActionList, ActionListItem, ApprovedAction, DashClaw, WaitForApprovalOptions } from '../../src/index.ts'

declare const claw: DashClaw

expectTypeOf(claw.waitForApproval('act_1', { timeout: 5 })).resolves.toEqualTypeOf<ApprovedAction>()
expectTypeOf(claw.approveAction('act_1', { decision: 'deny' })).resolves.toHaveProperty('action')
// A word of a newer server compiles.
void claw.approveAction('act_1', { decision: 'approve' })
// @ts-expect-error: a decision is required
void claw.approveAction('act_1')
expectTypeOf(claw.getPendingApprovals()).resolves.toEqualTypeOf<ActionList>()
expectTypeOf(claw.iteratePendingApprovals()).toExtend<AsyncIterable<ActionListItem>>()

// the options of a wait
expectTypeOf<WaitForApprovalOptions['cancelOnAbort']>().toEqualTypeOf<boolean | undefined>()
void claw.waitForApproval('act_1', {
  timeout: Infinity,
  cancelOnAbort: true,
  onPending: ({ risk_score }) => risk_score,
})
// @ts-expect-error: no such option
void claw.waitForApproval('act_1', { time_out: 5 })
// @ts-expect-error: an object
void claw.waitForApproval('act_1', 300)
