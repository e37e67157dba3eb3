/**
 * Shapes of platform objects in the public types. They take the host's own type where one is declared and a structural
 * one elsewhere, so the declarations compile without the DOM library and without `@types/node`.
 */

/** What the SDK uses of an `AbortSignal`. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** The host's `AbortSignal`. */
export type CancelSignal = typeof globalThis extends { AbortSignal: { prototype: infer T } } ? T : AbortSignalLike

/** The request that the SDK hands to `fetch`. */
export interface FetchInit {
  method: string
  headers: Record<string, string>
  body?: string
  redirect: 'manual'
  /** Where the runtime knows it: a decision must never come out of a cache. */
  cache?: 'no-store'
  signal: CancelSignal
}

/**
 * Headers in any of the usual forms: an object, an array of pairs, a `Headers`, a `Map`. Names count whatever their case. A value of
 * null takes the client's header off; undefined counts as absent.
 */
export type HeadersInput =
  | Record<string, string | null | undefined>
  | Iterable<readonly [name: string, value: string]>
  | { forEach(each: (value: string, name: string) => void): void }

/** What the SDK reads of a `Response`. */
export interface FetchResponse {
  readonly status: number
  readonly type?: string
  readonly url?: string
  readonly headers: { get(name: string): string | null }
  readonly body?: unknown
  text(): Promise<string>
  arrayBuffer(): Promise<ArrayBuffer>
}

/** A `fetch` of the host, of a proxy agent, or of a test server. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>

/** Where the SDK writes what it can't return: `console` fits. */
export interface Logger {
  warn(message: string, ...details: unknown[]): void
  error?(message: string, ...details: unknown[]): void
  info?(message: string, ...details: unknown[]): void
  debug?(message: string, ...details: unknown[]): void
}

/** Options that every method takes as its last argument. */
export interface RequestOptions {
  /** Cancels the call; its reason is what the call rejects with. */
  signal?: CancelSignal | undefined
  /** Timeout of one try in milliseconds, the answer's body included; 0 or Infinity means none. Default: the client's (30,000). */
  timeout?: number | undefined
  /** Timeout of the whole call in milliseconds: all tries and the pauses between them. Default: the client's (none). */
  totalTimeout?: number | undefined
  /** How often a failed try is repeated where repeating is safe. Default: the client's (2). */
  maxRetries?: number | undefined
  /** More request headers; each replaces the client's of this name. A browser on another origin may send none besides the SDK's own. */
  headers?: HeadersInput | undefined
}

/** Lets newer servers add values to a list: known ones complete, others still compile. */
export type Open<T extends string> = T | (string & {})

/** JSON kept as text by the server; {@link parseJsonText} reads it. The parameter only documents what is inside. */
export type JsonText<T = unknown> = string & { readonly __json?: T }

/** A number that the server sends as text, because the database counts in text. `Number(value)` reads it. */
export type NumberText = string

/** A flag that the server keeps as a number. */
export type Flag = 0 | 1

/**
 * Reads a field that holds JSON as text, such as `systems_touched` of an action.
 * `null`, `undefined` and the empty text give `null`.
 *
 * @throws {SyntaxError} When the text is not JSON.
 */
export function parseJsonText<T>(value: JsonText<T> | string | null | undefined): T | null {
  return value ? (JSON.parse(value) as T) : null
}

/** A line of servers: `2` is 2.0 to 2.10, `5` is 5.0 and newer. */
export type Line = '2' | '5'
