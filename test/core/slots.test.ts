/** How many requests are under way at once. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { clientOver, KEY, ok } from '../support/client.ts'
import { rejection } from '../support/local.ts'

describe('many requests at once', () => {
  const gate = () => {
    let open = 0
    let most = 0
    const fetch = async () => {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setTimeout(resolve, 1))
      open--
      return ok()
    }
    return { fetch, most: () => most }
  }
  test.each([
    [undefined, 64],
    [3, 3],
    [Number.POSITIVE_INFINITY, 200],
  ])('maxConcurrent %o lets %i be under way, children included', async (maxConcurrent, expected) => {
    const { fetch, most } = gate()
    const { claw } = clientOver(fetch, { maxConcurrent })
    const child = claw.forAgent('b')
    await Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? claw : child).guard({ action_type: 'x' })))
    expect(most()).toBe(expected)
  })
  test('who gives up while it waits leaves the queue', async () => {
    let release: (() => void) | undefined
    const { claw } = clientOver(
      () =>
        new Promise((resolve) => {
          release = () => resolve(ok())
        }),
      { maxConcurrent: 1 },
    )
    const first = claw.guard({ action_type: 'x' })
    const second = rejection(claw.guard({ action_type: 'x' }, { signal: AbortSignal.timeout(10) }))
    const third = rejection(claw.guard({ action_type: 'x' }, { totalTimeout: 10 }))
    expect((await second).name).toBe('TimeoutError')
    expect(await third).toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('totalTimeout') })
    const fourth = claw.guard({ action_type: 'x' })
    release!()
    await first
    await vi.waitFor(() => release!())
    expect((await fourth).decision).toBe('allow')
  })
  test.each([0, -1, Number.NaN, '5'])('a bound of %o is refused', (maxConcurrent) => {
    expect(() => clientOver(ok, { maxConcurrent: maxConcurrent as never })).toThrow(/^maxConcurrent must be/)
  })
  test('2,000 guards over real HTTP are all answered, on 64 connections at most', async () => {
    let open = 0
    let most = 0
    const http = createServer((request, response) => {
      most = Math.max(most, ++open)
      request.resume().on('end', () => {
        open--
        response.end('{"decision":"allow"}')
      })
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    const claw = new DashClaw({ baseUrl: `http://127.0.0.1:${port}`, apiKey: KEY, agentId: 'bot', logger: false })
    const answers = await Promise.all(Array.from({ length: 2_000 }, () => claw.guard({ action_type: 'x' })))
    expect(answers.every(({ decision }) => decision === 'allow')).toBe(true)
    expect(most).toBeLessThanOrEqual(64)
    http.close()
    http.closeAllConnections()
  }, 60_000)
})
