import type { Open } from '../core/types.ts'

/** A person's decision. */
export interface ApproveActionInput {
  decision: Open<'allow' | 'deny'>
  /** Why; written into the action's `reasoning`, and its `error_message` when denied. */
  reasoning?: string | null | undefined
}
