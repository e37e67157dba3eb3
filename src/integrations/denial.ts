import { isDashClawError, scrub } from 'dashclaw'

const LIMIT = 600

/**
 * What to tell a model about a call that did not run: that it did not, why, and what to do now. It holds no ids, scores or keys, and at
 * most 600 characters of the policy's or the person's reason, with secrets masked.
 *
 * @param error - What the governed call threw.
 * @param tool - Name of the tool.
 * @returns The text; undefined for an error that is no denial, such as the tool's own.
 *
 * @example
 * try { return await tool.execute(input) } catch (error) { return renderDenial(error, tool.name) ?? Promise.reject(error) }
 */
export function renderDenial(error: unknown, tool?: string): string | undefined {
  const call = tool ? `The call of the tool "${tool}"` : 'The call'
  const say = (why: string, advice: string) => `${call} did not run: ${why}. ${advice}`
  const because = (texts: readonly unknown[]) => {
    const reason = scrub(texts.filter((text) => typeof text === 'string' && text).join('; ')).slice(0, LIMIT)
    return reason && ` (${reason})`
  }
  if (isDashClawError(error, 'GuardBlockedError')) {
    const why = because(error.reasons)
    if (error.decision === 'unavailable') {
      return say('the guard that has to allow it could not be asked', 'Try again later, or tell the user.')
    }
    if (error.decision === 'require_approval') {
      return say(`a person has to approve it first${why}`, 'Ask the user for an approval. Do not repeat the same call.')
    }
    return say(`it is not allowed${why}`, 'Do not repeat the same call. Choose another way, or tell the user.')
  }
  if (isDashClawError(error, 'ApprovalDeniedError')) {
    const { status, action } = error
    const said = (action as { error_message?: unknown } | null | undefined)?.error_message
    return say(
      status === 'failed' ? `a person denied it${because([said])}` : `its approval is ${status}`,
      'Do not repeat the same call. Choose another way, or tell the user.',
    )
  }
  if (isDashClawError(error, 'ApprovalTimeoutError')) {
    return say('nobody approved it in time', 'Do not repeat the same call. Go on without it, or tell the user.')
  }
  if (isDashClawError(error, 'ApprovalPendingError')) {
    return say('it waits for the approval of a person', 'Do not repeat the same call. Tell the user that it waits.')
  }
  return undefined
}

/** Gives the text of a denial in place of the error. */
export async function orDenial<R>(run: Promise<R>, tool: string): Promise<R | string> {
  try {
    return await run
  } catch (error) {
    const text = renderDenial(error, tool)
    if (text === undefined) throw error
    return text
  }
}
