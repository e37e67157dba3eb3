import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { filteredPage, pages, restOfPages } from '../../src/core/pages.ts'

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

describe('pages of a list of 450 rows', () => {
  type Row = { id: number }
  const all = Array.from({ length: 450 }, (_, id): Row => ({ id }))
  const server = (total?: number) => {
    const asked: unknown[] = []
    const read = async (filters: object) => {
      asked.push(filters)
      const { limit = 50, offset = 0 } = filters as { limit?: number; offset?: number }
      return { rows: all.slice(offset, offset + limit), total: total as number }
    }
    return { asked, read }
  }
  const collect = async (filters: object, total?: number) => {
    const { asked, read } = server(total)
    const ids: number[] = []
    for await (const { id } of pages<'rows', Row, object>('rows', 'id', filters, read)) ids.push(id)
    return { ids, asked }
  }
  test('have 200 rows where no size is given, or a larger one', async () => {
    for (const limit of [undefined, 0, 200, 500]) {
      const { ids, asked } = await collect({ limit }, 450)
      expect(ids).toHaveLength(450)
      expect(asked).toEqual([0, 200, 400].map((offset) => ({ limit: 200, offset })))
    }
    expect((await collect({ limit: 199, tag: 'x' }, 450)).asked).toEqual(
      [0, 199, 398].map((offset) => ({ limit: 199, offset, tag: 'x' })),
    )
  })
  test('end at the total, without one more request', async () => {
    expect((await collect({ limit: 150 }, 450)).asked).toHaveLength(3)
    expect((await collect({ limit: 150 }, 300)).asked).toHaveLength(2)
    expect((await collect({ limit: 150, offset: 300 }, 450)).ids).toHaveLength(150)
    // A total that is too high is no promise.
    expect((await collect({ limit: 150 }, 9999)).asked).toHaveLength(4)
  })
  test('end at a short page where there is no total', async () => {
    const { ids, asked } = await collect({ limit: 200 })
    expect([ids.length, asked.length]).toEqual([450, 3])
    expect((await collect({ limit: 150 })).asked).toHaveLength(4)
  })
  test('that follow a first one are read up to the total', async () => {
    const { asked, read } = server(450)
    const first = await read({ limit: 200 })
    const rest = await restOfPages<'rows', Row>(first, 'rows', (offset) => read({ limit: 200, offset }))
    expect([rest.length, asked.length]).toEqual([450, 3])
    const none = () => Promise.reject(new Error('Nothing is left to read.'))
    expect(await restOfPages<'rows', Row>({ rows: all, total: 450 }, 'rows', none)).toHaveLength(450)
    expect(await restOfPages<'rows', Row>({ rows: [], total: 450 }, 'rows', none)).toEqual([])
    const short = server(9999)
    const some = await restOfPages<'rows', Row>({ rows: all.slice(0, 200), total: 9999 }, 'rows', (offset) =>
      short.read({ limit: 200, offset }),
    )
    expect([some.length, short.asked.length]).toEqual([450, 3])
  })
  test('are filtered here where the server can not', async () => {
    const { asked, read } = server(450)
    const even = ({ id }: Row) => id % 2 === 0
    const page = await filteredPage<'rows', Row, { rows: Row[]; total: number }>(
      'rows',
      { limit: 3, offset: 10, tag: 'x' } as object,
      read,
      even,
    )
    expect(page.page.map(({ id }) => id)).toEqual([20, 22, 24])
    expect(page.all).toHaveLength(225)
    expect(page.answer.rows).toHaveLength(200)
    expect(asked).toEqual([0, 200, 400].map((offset) => ({ limit: 200, offset, tag: 'x' })))
    const whole = await filteredPage<'rows', Row, { rows: Row[]; total: number }>('rows', {}, read, even)
    expect(whole.page).toHaveLength(50)
    const most = await filteredPage<'rows', Row, { rows: Row[]; total: number }>('rows', { limit: 999 }, read, even)
    expect(most.page).toHaveLength(200)
  })
})
