import { type APIError, RouteNotFoundError } from './errors.ts'
import type { Route } from './route.ts'
import type { Line } from './types.ts'

/** The lines of addresses that were asked before, for clients that have asked nothing yet. */
const addresses = /* @__PURE__ */ new Map<string, Line>()
const MOST = 100

export const lineOfAddress = (baseUrl: string): Line | undefined => addresses.get(baseUrl)

export function rememberLine(baseUrl: string, line: Line): void {
  addresses.delete(baseUrl)
  addresses.set(baseUrl, line)
  if (addresses.size > MOST) addresses.delete(addresses.keys().next().value!)
}

/** The error of a route that servers of a line do not have. */
export function notServed({ name, verb, path, instead }: Route, line: Line, answer?: APIError): RouteNotFoundError {
  const gone = line === '5' ? 'is gone since 5.0' : 'came with 5.0'
  return new RouteNotFoundError(
    `${name} has no route on servers of the ${line} line: ${verb} ${path} ${gone}.${instead ? ` Use ${instead}.` : ''}`,
    { status: answer?.status ?? 404, method: verb, path, body: answer?.body, attempts: answer?.attempts ?? 0 },
    answer && { cause: answer },
  )
}
