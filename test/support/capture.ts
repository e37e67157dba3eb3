import type { FetchInit } from '../../src/core/types.ts'
import type { Sent } from './cases.ts'

/** A `fetch` that answers from a list and keeps what was sent. */
export function capture(answers: unknown[] = [{}], status = 200) {
  const sent: Sent[] = []
  const inits: FetchInit[] = []
  const fetch = async (url: string, init: FetchInit): Promise<Response> => {
    const { pathname, searchParams } = new URL(url)
    const entry: Sent = { method: init.method, path: pathname }
    const query = Object.fromEntries(searchParams)
    if (Object.keys(query).length) entry.query = query
    if (init.body !== undefined) entry.body = JSON.parse(init.body)
    sent.push(entry)
    inits.push(init)
    const answer = answers[Math.min(sent.length, answers.length) - 1]
    return answer instanceof Response ? answer.clone() : Response.json(answer, { status })
  }
  return { fetch, sent, inits }
}
