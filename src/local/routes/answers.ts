/** What routes answer with. */

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })

export const error = (status: number, text: string, extra: object = {}): Response =>
  json(status, { error: text, ...extra })

/** 400 with one text a broken rule. */
export const invalid = (details: readonly string[]): Response => error(400, 'Validation failed', { details })

/** The text for what goes wrong without a text of its own. */
export const INTERNAL = 'Internal server error'

/** What the platform answers where its database or code gives up. */
export const fault = (): Response => error(500, INTERNAL)

export const empty = (status: number): Response => new Response(null, { status })

/** What the platform answers for a path it does not have. */
export const html404 = (): Response =>
  new Response(
    '<!DOCTYPE html><html><head><title>404: This page could not be found.</title></head><body>404</body></html>',
    {
      status: 404,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    },
  )
