/** Error classes across copies of the package, and messages that say what to do. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import * as errors from '../../src/core/errors.ts'
import { GuardBlockedError, isDashClawError } from '../../src/core/errors.ts'
import { createLocalServer } from '../../src/local/index.ts'
import { clientOver, KEY } from '../support/client.ts'
import { rejection } from '../support/local.ts'

describe('errors', () => {
  test('are told apart by kind, also when they come from another copy of the package', async () => {
    vi.resetModules()
    const copy = (await import('../../src/core/errors.ts')) as typeof errors
    expect(copy.NotFoundError).not.toBe(errors.NotFoundError)
    const error = new copy.RouteNotFoundError('no', { status: 404, method: 'GET', path: '/', body: '' })
    expect(error instanceof errors.NotFoundError).toBe(false)
    for (const kind of ['RouteNotFoundError', 'NotFoundError', 'APIError', 'DashClawError'] as const) {
      expect(isDashClawError(error, kind)).toBe(true)
    }
    expect(isDashClawError(error, 'ConflictError')).toBe(false)
    expect(isDashClawError(error)).toBe(true)
  })
  test.each([
    undefined,
    null,
    'text',
    7,
    {},
    new Error('plain'),
    { name: 'APIError', status: 404 },
    { name: 'GuardBlockedError' },
  ])('%o is none of ours', (value) => {
    expect(isDashClawError(value)).toBe(false)
    expect(isDashClawError(value, 'APIError')).toBe(false)
  })
  test('have their class name, and can be written as JSON', () => {
    for (const [name, Kind] of Object.entries(errors)) {
      if (!name.endsWith('Error') || name === 'isDashClawError') continue
      const error = Reflect.construct(
        Kind as never,
        name === 'GuardBlockedError' ? [{ decision: 'block' }, 'goal'] : ['text', { status: 400 }],
      )
      expect(error).toBeInstanceOf(Error)
      expect(error.name).toBe(name)
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({ name, message: expect.any(String) })
    }
  })
  test('of every copy carry the brand and the names of their classes, which is all that is looked at', () => {
    const error = new GuardBlockedError({ decision: 'block' }, 'Ship')
    expect((error as unknown as Record<symbol, unknown>)[Symbol.for('dashclaw.error')]).toBe(true)
    for (const kind of ['GuardBlockedError', 'DashClawError'] as const) expect(isDashClawError(error, kind)).toBe(true)
    const foreign = Object.create({ [Symbol.for('dashclaw.error')]: true, name: 'GuardBlockedError' })
    for (const one of [error, foreign]) {
      expect(isDashClawError(one)).toBe(true)
      expect(isDashClawError(one, 'GuardBlockedError')).toBe(true)
      expect(isDashClawError(one, 'APIError')).toBe(false)
    }
  })
  test('of the guard say what it answered, and what to do', () => {
    const held = new GuardBlockedError({ decision: 'require_approval', reasons: ['a', 'b'] }, 'Ship')
    expect(held.message).toBe(
      `"Ship" was not started: the guard answered require_approval (a; b). Nothing was recorded, so no reviewer can approve it. Set hitlMode: 'wait', or pass { wait: true } per call.`,
    )
    expect(held).toMatchObject({ warnings: [], matched_policies: [], risk_score: null, status: undefined })
    const blocked = new GuardBlockedError(
      { decision: 'block', warnings: ['w'], matched_policies: ['gp_1'], risk_score: 7 },
      'Ship',
      { status: 403 },
    )
    expect(blocked.message).toBe(
      '"Ship" was not started: the guard answered block (no reason given). Change the action or the policy; retrying the same action does not help.',
    )
    expect(blocked).toMatchObject({
      reasons: [],
      warnings: ['w'],
      matched_policies: ['gp_1'],
      risk_score: 7,
      status: 403,
    })
  })
})

describe('messages', () => {
  test('a 404 names the address that was asked', async () => {
    const json = clientOver(async () => Response.json({ error: 'Not found' }, { status: 404 })).claw
    expect((await rejection(json.getAction('act_1'))).message).toContain('https://claw.test/api/actions/act_1')
    const page = clientOver(async () => new Response('<html>', { status: 404 })).claw
    expect((await rejection(page.getAction('act_1'))).message).toContain('https://claw.test/api/actions/act_1')
  })
  test('SIGNATURE_REQUIRED says how to sign', async () => {
    const { claw } = clientOver(async () =>
      Response.json({ error: 'Signature required', code: 'SIGNATURE_REQUIRED' }, { status: 401 }),
    )
    expect((await rejection(claw.getActions())).message).toMatch(/privateKey.*createPairing/)
  })
  test('the address of the embedded server without its fetch says what is missing', async () => {
    const claw = new DashClaw({
      baseUrl: createLocalServer().baseUrl,
      apiKey: 'local',
      agentId: 'a',
      logger: false,
      maxRetries: 0,
    })
    expect((await rejection(claw.getActions())).message).toContain('fetch: server.fetch')
  })
  test('a connection that was refused never says that the server may have acted', async () => {
    const http = createServer()
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    await new Promise((resolve) => http.close(resolve))
    const claw = new DashClaw({
      baseUrl: `http://127.0.0.1:${port}`,
      apiKey: KEY,
      agentId: 'a',
      logger: false,
      maxRetries: 0,
    })
    const error = await rejection(claw.createThread({ name: 'n' }))
    expect(error).toMatchObject({ name: 'ConnectionError', message: expect.stringContaining('ECONNREFUSED') })
    expect(error.message).not.toContain('not known whether')
  })
  test.each([
    [() => Promise.reject(new Error('It broke. '))],
    [async () => Response.json({ error: 'No such thing.' }, { status: 404 })],
    [async () => Response.json({ error: 'No.' }, { status: 401 })],
    [async () => Response.json({ error: 'No...' }, { status: 403 })],
    [async () => Response.json({ error: 'Slow.' }, { status: 429 })],
    [async () => Response.json({ error: 'Boom.' }, { status: 500 })],
    [async () => new Response('Nope.', { status: 500 })],
  ])('no message has two full stops (%#)', async (fetch) => {
    const { message } = await rejection(clientOver(fetch).claw.getActions())
    expect(message).not.toMatch(/\.\s*\./)
  })
})
