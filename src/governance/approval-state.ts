import type { ActionRecord } from './action-types.ts'

const DENIED = /^(failed|cancelled|expired|blocked)$/

/** Whether a status says that a reviewer has yet to decide. */
export const isPending = (status: string): boolean => status.startsWith('pending')

/** What a row says about its approval: true, false, or undefined while nobody decided. A word that is not known is no decision. */
export function verdict(row: Pick<ActionRecord, 'status' | 'approved_by'> | null | undefined): boolean | undefined {
  const status = row?.status
  if (typeof status !== 'string' || isPending(status)) return undefined
  if (DENIED.test(status)) return false
  return status === 'running' || status === 'completed' || row?.approved_by ? true : undefined
}
