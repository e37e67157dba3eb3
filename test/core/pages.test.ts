import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pages, restOfPages } from '../../src/core/pages.ts'

interface Row {
  id: string
}
interface Page {
  rows: Row[]
  total?: number | undefined
}
const rowsOf = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, at) => ({ id: `r${from + at}` }))

async function all(
  read: (filters: { limit?: number | undefined; offset?: number | undefined }) => Promise<Page>,
  filters: { limit?: number; offset?: number } = {},
) {
  const ids: string[] = []
  for await (const { id } of pages('rows', 'id', filters, read)) ids.push(id)
  return ids
}

describe('an iteration over pages', () => {
  test('gives every row once and ends, whatever the size of a page, with a total and without', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(450),
        fc.integer({ min: 1, max: 500 }),
        fc.nat(500),
        fc.integer({ min: 1, max: 250 }),
        fc.boolean(),
        async (count, limit, offset, most, counted) => {
          const rows = rowsOf(0, count)
          let asked = 0
          const ids = await all(
            async ({ limit = 0, offset = 0 }) => {
              asked++
              expect(limit).toBeLessThanOrEqual(200)
              // A server with a smaller page than was asked for; without a total that would be the end.
              const size = counted ? Math.min(limit, most) : limit
              return { rows: rows.slice(offset, offset + size), ...(counted && { total: count }) }
            },
            { limit, offset },
          )
          expect(ids).toEqual(rows.slice(offset).map(({ id }) => id))
          expect(asked).toBeLessThanOrEqual(count + 2)
        },
      ),
    )
  })

  test('gives no row twice and misses none that was there at the start, while rows are added in front', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(3), { maxLength: 20 }),
        async (count, limit, added) => {
          let rows = rowsOf(0, count)
          let fresh = 0
          const ids = await all(
            async ({ limit = 0, offset = 0 }) => {
              const page = { rows: rows.slice(offset, offset + limit), total: rows.length }
              for (let n = added.shift() ?? 0; n > 0; n--) rows = [{ id: `new${fresh++}` }, ...rows]
              return page
            },
            { limit },
          )
          expect(new Set(ids).size).toBe(ids.length)
          expect(ids.filter((id) => id.startsWith('r'))).toEqual(rowsOf(0, count).map(({ id }) => id))
        },
      ),
    )
  })

  test.each([
    ['without a total', undefined],
    ['with one that is no number', 'many' as never],
  ])('ends on a server that always gives its first page, %s', async (_name, total) => {
    let asked = 0
    const read = async (): Promise<Page> => {
      if (++asked > 10) throw new Error('endless')
      return { rows: rowsOf(0, 5), total }
    }
    expect(await all(read, { limit: 5 })).toHaveLength(5)
    expect(asked).toBe(2)
  })

  test.each([[{}], [null], [{ rows: null }], [{ rows: {} }], ['<html>']])(
    'never takes an answer that is no page for the end: %j',
    async (answer) => {
      const read = async () => answer as never
      await expect(all(read)).rejects.toMatchObject({ name: 'DashClawError', message: /without a list of rows/ })
      await expect(restOfPages<'rows', Row>({ rows: rowsOf(0, 1), total: 3 }, 'rows', read)).rejects.toThrow(
        /list of rows/,
      )
    },
  )

  test('ends with the reason of an abort, at the next row', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const ids: string[] = []
    const read = async (): Promise<Page> => ({ rows: rowsOf(0, 5), total: 5 })
    await expect(
      (async () => {
        for await (const { id } of pages('rows', 'id', {}, read, { signal: controller.signal })) {
          ids.push(id)
          if (ids.length === 2) controller.abort(reason)
        }
      })(),
    ).rejects.toBe(reason)
    expect(ids).toEqual(['r0', 'r1'])
  })

  test('asks for nothing more once the caller has left', async () => {
    let asked = 0
    for await (const _row of pages('rows', 'id', { limit: 2 }, async (): Promise<Page> => {
      asked++
      return { rows: rowsOf(0, 2), total: 10 }
    }))
      break
    expect(asked).toBe(1)
  })
})
