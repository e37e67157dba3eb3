import { afterAll, vi } from 'vitest'
// Loaded before any test, so that what runs while a module loads counts as that, not as something of the first test that imports it.
import '../../src/index.ts'

// The files share one worker here, and with it the clock.
afterAll(() => void vi.useRealTimers())
