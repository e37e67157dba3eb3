import { afterEach, beforeEach, vi } from 'vitest'

/** Retries of the tests of a file, or of a `describe`, come without a pause. What is tried, and how often, is the same. */
export function retryAtOnce(): void {
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0))
  afterEach(() => void vi.restoreAllMocks())
}
