/** Headers of the client and of a call. */
import { describe, expect, test } from 'vitest'
import { type DashClawOptions, readOptions } from '../../src/core/options.ts'
import { clientOver, GOOD, KEY, ok } from '../support/client.ts'
import { rejection, thrown } from '../support/local.ts'

type Init = Parameters<NonNullable<DashClawOptions['fetch']>>[1]

describe('headers', () => {
  const sent = async (own: unknown, ofCall: unknown, options: Partial<DashClawOptions> = {}) => {
    let headers: Headers | undefined
    const { claw } = clientOver(
      async (url: string, init: RequestInit) => {
        headers = new Request(url, init).headers
        return ok()
      },
      { headers: own as never, ...options },
    )
    await claw.request({ method: 'POST', path: '/api/x', body: {} }, { headers: ofCall as never })
    return Object.fromEntries(headers!)
  }
  test('what the SDK sets wins, whatever the case', async () => {
    expect(
      await sent(
        { 'Content-Type': 'text/plain', 'X-Api-Key': 'other', Authorization: 'Basic x' },
        { 'CONTENT-TYPE': 'text/html', 'x-API-key': 'third' },
        { authToken: 'jwt' },
      ),
    ).toEqual({ 'content-type': 'application/json', 'x-api-key': KEY, authorization: 'Bearer jwt' })
  })
  test('a call’s replace the client’s, whatever the case', async () => {
    expect(await sent({ 'X-Trace': 'client', 'x-team': 'ops' }, { 'x-trace': 'call' })).toMatchObject({
      'x-trace': 'call',
      'x-team': 'ops',
    })
  })
  test('null takes one off, undefined is none', async () => {
    const all = await sent({ 'X-Trace': 'client', 'x-none': undefined }, { 'x-trace': null, 'x-team': undefined })
    expect(Object.keys(all).sort()).toEqual(['content-type', 'x-api-key'])
  })
  test.each([
    ['Headers', new Headers({ 'X-Trace': 'a' })],
    ['pairs', [['X-Trace', 'a']]],
    ['a Map', new Map([['X-Trace', 'a']])],
    ['an object', { 'X-Trace': 'a' }],
  ])('may be %s', async (_name, headers) => {
    expect(await sent(headers, undefined)).toMatchObject({ 'x-trace': 'a' })
    expect(await sent(undefined, headers)).toMatchObject({ 'x-trace': 'a' })
  })
  test.each([
    [{ 'x-a': 'b\r\nx-evil: 1' }],
    [{ 'x a': 'b' }],
    [[['x-a', 'b\n']]],
    [['x-a']],
    ['x-a: b'],
    [{ 'x-a': {} }],
  ])('that could become two are refused: %j', async (headers) => {
    const { claw } = clientOver(ok)
    expect(await rejection(claw.getActions({}, { headers: headers as never }))).toMatchObject({ name: 'InputError' })
  })
  test('stay with a client for another agent', async () => {
    let headers: Record<string, string> = {}
    const { claw } = clientOver(
      async (_url: string, init: Init) => {
        headers = init.headers
        return ok()
      },
      { headers: { 'X-Team': 'ops' } },
    )
    await claw.forAgent('b').guard({ action_type: 'x' })
    expect(headers).toMatchObject({ 'x-team': 'ops', 'x-api-key': KEY })
  })
  test('hold no key where the client has a token only', async () => {
    expect(await sent(undefined, undefined, { apiKey: undefined, authToken: 'jwt.x.y' })).toEqual({
      'content-type': 'application/json',
      authorization: 'Bearer jwt.x.y',
    })
  })
  test.each([
    ['x y', '1'],
    ['x:y', '1'],
    ['x\n', '1'],
    ['\nx', '1'],
    ['', '1'],
    ['x', 'a\nb'],
    ['x', ' a'],
    ['x', 5],
    ['x', 'ü'],
  ])('%j: %j are refused', (name, value) => {
    expect(thrown(() => readOptions({ ...GOOD, headers: { [name]: value as string } })).name).toBe('InputError')
  })
})
