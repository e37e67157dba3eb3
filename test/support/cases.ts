import type { Recording } from './fixtures.ts'

/** A request as it must appear on the wire. Query values are texts; `body` is absent when none is sent. */
export interface Sent {
  method: string
  /** Path with encoded ids, without the query. */
  path: string
  query?: Record<string, string>
  body?: unknown
}

/** One call of a method and every request that it makes, in order. */
export interface CallCase {
  args: unknown[]
  sends: Sent | Sent[]
  /** JSON answers in order of the requests; the last one repeats. Default: `{}`. */
  answers?: unknown[]
  /** A part of what the method resolves with (`toMatchObject`), for mapped answers. */
  resolves?: unknown
}

/** A call that must be refused before any request; `names` is the field (or id) that the error has to name. */
export interface BadCase {
  args: unknown[]
  names: string
}

/** What the table of all methods checks for one method. */
export interface MethodCase {
  method: string
  /** Required fields only. */
  required: CallCase
  /** Every field; absent only when the method has no optional field. */
  all?: CallCase
  /** Wrong ids, missing required fields, wrong kinds: empty only when a method takes nothing. */
  bad: BadCase[]
  /** Arguments whose values are for the server to judge: lengths, words, ranges. They go out. */
  passes?: unknown[][]
  /** Arguments with nothing to do: the call resolves without a request. */
  empty?: unknown[][]
}

/** How a recorded exchange is replayed, where the general way does not fit. */
export interface RecordingOverride {
  /** Arguments of the method, where they do not follow from path, query and body. */
  args?: unknown[] | ((request: Recording['request']) => unknown[])
  /** The request that the SDK makes instead, where it differs on purpose. */
  sends?: Sent
  /** Why the SDK can't make or does not make this request (for example: it refuses the input itself). */
  skip?: string
}

/** Cases of one domain: `test/cases/<domain>.ts` has it as its default export. */
export interface DomainCases {
  domain: string
  cases: MethodCase[]
  /** Keyed by `<method>: <name of the recording>`, or `<method>` for all of a method. */
  recordings?: Record<string, RecordingOverride>
}
