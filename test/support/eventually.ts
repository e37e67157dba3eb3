import { vi } from 'vitest'

/** Waits until the checks hold, as long as a loaded machine may take: the second that `vi.waitFor` gives is not always enough. */
export const eventually = <T>(checks: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(checks, { timeout: 20_000, interval: 10 })
