import type { LocalServer } from '../../src/local/index.ts'

const LONG = /"<string of (\d+) characters starting \\"[^"]*\\">"/g

/** The server with long texts, which recordings only describe, written out in the bodies that it gets. */
export function writtenOut(server: LocalServer): LocalServer {
  return {
    ...server,
    fetch(input, init) {
      const { body } = (init ?? {}) as { body?: unknown }
      if (typeof body !== 'string') return server.fetch(input, init)
      const whole = body.replace(LONG, (_match, length: string) => JSON.stringify('x'.repeat(Number(length))))
      return server.fetch(input, { ...init, body: whole })
    },
  }
}
