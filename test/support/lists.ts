import type { LocalServer } from '../../src/local/index.ts'

const MORE = /^<(\d+) more items like these>$/

/** The server with long lists, of which recordings only keep the first items, filled up in the bodies that it gets. */
export function wholeLists(server: LocalServer): LocalServer {
  return {
    ...server,
    fetch(input, init) {
      const { body } = (init ?? {}) as { body?: unknown }
      if (typeof body !== 'string' || !body.includes(' more items like these>')) return server.fetch(input, init)
      return server.fetch(input, { ...init, body: JSON.stringify(whole(JSON.parse(body))) })
    },
  }
}

function whole(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.flatMap((item, at) => {
      const more = typeof item === 'string' && MORE.exec(item)
      return more ? Array<unknown>(Number(more[1])).fill(value[at - 1]) : [whole(item)]
    })
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, whole(item)]))
}
