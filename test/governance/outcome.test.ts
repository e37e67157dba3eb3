/** How an action ended: what `updateOutcome` sends, and what `track` says about the work and its time. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { sharedOf } from '../../src/core/core.ts'
import { asked, rejection, rows, setup } from '../support/local.ts'

const build = { action_type: 'build', declared_goal: 'Build it' } as const
type Body = Record<string, unknown>
const named = (name: string, message = 'stop') => Object.assign(new Error(message), { name })
const patches = ({ requests }: ReturnType<typeof setup>['server']) =>
  requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body as Body)

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('updateOutcome', () => {
  test.each(['output_summary', 'error_message'] as const)(
    'cuts a long %s with a mark, and nothing else',
    async (field) => {
      const { claw, server } = setup()
      const { action_id } = await claw.createAction(build)
      await claw.updateOutcome(action_id, { [field]: 'x'.repeat(4001) })
      await claw.updateOutcome(action_id, { [field]: 'x'.repeat(4000) })
      const [cut, whole] = patches(server)
      expect(cut![field]).toMatch(/^x+… \[cut, 4001 characters\]$/)
      expect(cut![field]).toHaveLength(4000)
      expect(whole![field]).toBe('x'.repeat(4000))
    },
  )
  test('fills in the end where the caller names none', async () => {
    const { claw, server } = setup()
    const { action_id } = await claw.createAction(build)
    await claw.updateOutcome(action_id, { status: 'completed' })
    await claw.updateOutcome(action_id, { timestamp_end: '2026-01-31T12:00:00.000Z' })
    const [filled, given] = patches(server)
    expect(Date.now() - Date.parse(filled!['timestamp_end'] as string)).toBeLessThan(60_000)
    expect(given!['timestamp_end']).toBe('2026-01-31T12:00:00.000Z')
  })
})

describe('the outcome of track', () => {
  test.each([
    [250, 250],
    [249.6, 250],
    [3e9, 2_147_483_647],
  ])('has the time that the work took: %d ms is %d', async (took, expected) => {
    const { claw, server } = setup()
    let now = 5000
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    await claw.track(build, () => void (now += took))
    expect(patches(server)[0]!['duration_ms']).toBe(expected)
  })
  test('has it also on a host without performance', async () => {
    const { claw, server } = setup()
    vi.stubGlobal('performance', undefined)
    let now = Date.now()
    vi.spyOn(Date, 'now').mockImplementation(() => now)
    await claw.track(build, () => void (now += 1500))
    expect(patches(server)[0]!['duration_ms']).toBe(1500)
  })
  test('work that is no function is refused before any request', async () => {
    const { claw, server } = setup()
    expect(await rejection(claw.track(build, 'work' as never))).toMatchObject({ name: 'InputError', field: 'fn' })
    expect(asked(server)).toEqual([])
  })

  test.each([
    ['60 s', 60_000, 1900, 2100],
    ['none', 0, 1900, 2100],
    ['100 ms', 100, 150, 1000],
  ])('keeps the caller for 2 s at most; with a timeout of %s', async (_name, timeout, waits, over) => {
    vi.useFakeTimers()
    const { server } = setup()
    const { claw } = setup(
      {
        timeout,
        onUndelivered: () => {},
        fetch: (url, init) =>
          init.method === 'PATCH'
            ? new Promise((_resolve, reject) => init.signal!.addEventListener('abort', () => reject(new Error('late'))))
            : server.fetch(url, init),
      },
      server,
    )
    let done = false
    const deliver = vi.spyOn(sharedOf(claw).background, 'deliver').mockImplementation(() => {})
    const call = claw
      .track(build, () => 'é'.repeat(700))
      .then(() => {
        done = true
      })
    await vi.advanceTimersByTimeAsync(waits)
    expect(done).toBe(false)
    await vi.advanceTimersByTimeAsync(over - waits)
    expect(done).toBe(true)
    await call
    // What it keeps in memory, so that the queue can be bounded by it.
    expect(deliver).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^outcome completed of act_/),
      expect.any(Function),
      1400,
      // After 2 s the try is still under way: no error yet.
      over > 2000 ? undefined : expect.objectContaining({ name: 'TimeoutError' }),
    )
  })
  test('counts the text of a failure that can not be delivered', async () => {
    const { claw, server } = setup({ maxRetries: 0, onUndelivered: () => {} })
    const deliver = vi.spyOn(sharedOf(claw).background, 'deliver').mockImplementation(() => {})
    server.failNext({ method: 'PATCH', status: 503 })
    server.failNext({ method: 'PATCH', status: 503 })
    await rejection(claw.track(build, () => Promise.reject(new Error('12345'))))
    expect(deliver.mock.calls[0]![2]).toBe(10)
  })
})

describe('the outcome of work that a signal ends', () => {
  /** Work that throws `thrown`, once its signal is aborted with `reason`. */
  async function ended(thrown: unknown, reason?: unknown) {
    const { claw, server } = setup()
    const controller = new AbortController()
    const work = () => {
      if (reason !== undefined) controller.abort(reason)
      throw thrown
    }
    await expect(claw.track(build, work, { signal: controller.signal })).rejects.toBe(thrown)
    return rows(server)[0]!['status']
  }
  test('is cancelled where the work throws the reason, or an AbortError', async () => {
    const reason = new Error('enough')
    expect(await ended(reason, reason)).toBe('cancelled')
    expect(await ended(named('AbortError'), reason)).toBe('cancelled')
    expect(await ended('why', 'why')).toBe('cancelled')
  })
  test('is failed where the work throws anything else, or nobody aborted', async () => {
    const reason = new Error('enough')
    expect(await ended(new Error('disk full'), reason)).toBe('failed')
    expect(await ended(null, reason)).toBe('failed')
    expect(await ended(named('AbortError'))).toBe('failed')
    expect(await ended(undefined)).toBe('failed')
  })
  test('is failed without a signal', async () => {
    const { claw, server } = setup()
    await rejection(claw.track(build, () => Promise.reject(named('AbortError', 'of another call'))))
    expect(rows(server)[0]).toMatchObject({ status: 'failed', error_message: 'of another call' })
  })
  test('before the work starts runs nothing, and cancels the action', async () => {
    const { server } = setup()
    const controller = new AbortController()
    const reason = new Error('enough')
    const work = vi.fn()
    const { fetch } = server
    const aborting = setup(
      {
        async fetch(url, init) {
          const response = await fetch(url, init)
          if (init.method === 'POST') controller.abort(reason)
          return response
        },
      },
      server,
    ).claw
    expect(await rejection(aborting.track(build, work, { signal: controller.signal }))).toBe(reason)
    expect(work).not.toHaveBeenCalled()
    await aborting.flush()
    expect(rows(server).map(({ status }) => status)).toEqual(['cancelled'])
  })
})
