import { afterAll, vi } from 'vitest'

// The files share one worker here, and with it the clock.
afterAll(() => void vi.useRealTimers())
