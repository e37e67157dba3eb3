import { throwIfAborted } from './abort.ts'
import { isPlain } from './checks.ts'
import { DashClawError } from './errors.ts'
import type { RequestOptions } from './types.ts'

interface PageFilters {
  limit?: number | undefined
  offset?: number | undefined
}

const PAGE = 200

/** The list of a page. What is no page ends in an error: it must not look like the end of the list. */
function listOf<K extends string, T>(page: { [P in K]: T[] }, key: K): T[] {
  const list: T[] | undefined = page?.[key]
  if (Array.isArray(list)) return list
  throw new DashClawError(`The server answered without a list of ${key}. Check that baseUrl is a DashClaw server.`)
}

/**
 * Every item of a list that pages by `limit` and `offset`. `limit` is the size of a page here (at most 200). An item that
 * moves to the next page while rows are added is given once; an empty page or the total ends it, and where there is no
 * total a page with nothing new.
 */
export async function* pages<K extends string, T, F extends PageFilters>(
  key: K,
  id: keyof T,
  filters: F,
  read: (filters: F) => Promise<{ [P in K]: T[] } & { total?: number | undefined }>,
  options?: RequestOptions,
): AsyncGenerator<T, void, undefined> {
  // The list's own check refuses it, by name.
  if (!isPlain(filters)) await read(filters)
  const limit = Math.min(filters.limit || PAGE, PAGE)
  const seen = new Set<unknown>()
  for (let offset = filters.offset ?? 0; ; ) {
    const page = await read({ ...filters, limit, offset })
    const items = listOf<K, T>(page, key)
    if (!items.length) return
    const known = seen.size
    for (const item of items) {
      throwIfAborted(options?.signal)
      if (seen.has(item[id])) continue
      seen.add(item[id])
      yield item
    }
    offset += items.length
    const { total } = page
    if (typeof total === 'number' ? offset >= total : items.length < limit || seen.size === known) return
  }
}

/** The items of a first page and of all that follow, for what a server can't filter. */
export async function restOfPages<K extends string, T>(
  first: { [P in K]: T[] } & { total: number },
  key: K,
  read: (offset: number) => Promise<{ [P in K]: T[] } & { total: number }>,
): Promise<T[]> {
  const all = [...listOf<K, T>(first, key)]
  for (let { total } = first, more = all.length; more && all.length < total; ) {
    const page = await read(all.length)
    const items = listOf<K, T>(page, key)
    all.push(...items)
    total = page.total
    more = items.length
  }
  return all
}

/** A page of what a server can't filter: all its pages are read (200 a request) and filtered here. */
export async function filteredPage<K extends string, T, A extends { [P in K]: T[] } & { total: number }>(
  key: K,
  { limit, offset, ...rest }: PageFilters,
  read: (page: object) => Promise<A>,
  keep: (item: T) => boolean,
): Promise<{ answer: A; all: T[]; page: T[] }> {
  const whole = (at: number) => read({ ...rest, limit: PAGE, offset: at })
  const answer = await whole(0)
  const all = (await restOfPages<K, T>(answer, key, whole)).filter(keep)
  return { answer, all, page: pageOf(all, limit, offset) }
}

/** A page of a list, as the servers cut it: `limit` items, at most 200. Default: 50. */
export function pageOf<T>(all: readonly T[], limit: number | undefined, offset: number | undefined): T[] {
  const from = skipped(offset)
  return all.slice(from, from + Math.max(0, Math.min(limit ?? 50, PAGE)))
}

/** How many items an `offset` skips. */
export const skipped = (offset: number | undefined): number => Math.max(0, Math.trunc(offset || 0))
