import { setTimeout as pause } from 'node:timers/promises'

const count = () => {
  const found: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) found[name] = (found[name] ?? 0) + 1
  return found
}

/**
 * Remembers what the process holds (sockets, servers, timers that keep it alive), and gives a function that tells what has come on top.
 * Kept-alive connections go a moment after their server.
 */
export function leftovers(): () => Promise<string[]> {
  const baseline = count()
  const extra = () =>
    Object.entries(count())
      .filter(([name, now]) => now > (baseline[name] ?? 0))
      .map(([name, now]) => `${name}: ${now - (baseline[name] ?? 0)}`)
  return async () => {
    // The timer of a pause is one itself.
    const end = Date.now() + 8000
    for (;;) {
      const left = extra()
      if (!left.length || Date.now() > end) return left
      await pause(50)
    }
  }
}
