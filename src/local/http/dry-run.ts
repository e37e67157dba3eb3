import type { Context, Route } from '../routes/route.ts'
import { MOST_INTEGER, Unstorable } from '../state/columns.ts'
import { type Org, table } from '../state/org.ts'

const HINT = /\\u0000|\d{10}|\d\.?\d*[eE]\+?\d/

/** What a body holds that some column may refuse: whole numbers beyond 32 bits, and whether a string has NUL. */
function suspects(body: unknown, numbers: Set<number>): boolean {
  let nul = false
  // A stack of its own: a body may be nested deeper than calls can be.
  const left = [body]
  while (left.length) {
    const value = left.pop()
    if (typeof value === 'string') {
      nul ||= value.includes('\0')
      // Strings that are numbers are read as such by some routes.
      const number = Number.parseInt(value, 10)
      if (Math.abs(number) > MOST_INTEGER) numbers.add(number)
    } else if (typeof value === 'number') {
      if (Math.abs(value) > MOST_INTEGER) numbers.add(value)
    } else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) left.push(item)
  }
  return nul || numbers.size > 0
}

/** A copy of an organization that nobody listens to. */
const copy = (org: Org): Org => ({
  ...org,
  tables: structuredClone(org.tables),
  events: [...org.events],
  listeners: new Set(),
})

/**
 * Refuses what the platform's database can't store, as the database does: before anything is written. Only a body that holds such
 * a value is tried out on a copy first, and then the rows decide, so no route has to know about it.
 *
 * @throws {Unstorable} With the database's text.
 */
export async function tryOut(route: Route, ctx: Context): Promise<void> {
  const numbers = new Set<number>()
  if (!HINT.test(ctx.bodyText) || !suspects(ctx.body, numbers)) return
  const orgs = new Map([...ctx.server.orgs].map(([id, org]) => [id, copy(org)]))
  const org = orgs.get(ctx.org.id)!
  const answer = await route.handler({
    ...ctx,
    server: {
      ...ctx.server,
      send: () => Promise.reject(new Error('A try calls nobody.')),
      orgs,
      keys: new Map(ctx.server.keys),
    },
    org,
    table: (name) => table(org, name),
    publish: () => {},
  })
  if (answer.status >= 300) return
  for (const { name, tables } of orgs.values()) {
    if (name.includes('\0')) throw new Unstorable()
    // The guard's log is written without waiting: what it can't hold changes no answer.
    for (const [table, rows] of tables) if (table !== 'guard_decisions') for (const row of rows) check(row, numbers)
  }
}

function check(row: object, numbers: Set<number>): void {
  for (const [column, value] of Object.entries(row) as [string, unknown][]) {
    if (typeof value === 'string' && value.includes('\0')) throw new Unstorable()
    if (numbers.has(value as number) && column !== 'cost_estimate')
      throw new Unstorable(`value "${value}" is out of range for type integer`)
  }
}
