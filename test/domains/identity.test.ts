import { describe, expect, test } from 'vitest'
import { capture } from '../support/capture.ts'
import { anyClient } from '../support/client.ts'
import { retryAtOnce } from '../support/quick.ts'

retryAtOnce()

describe('revoking an identity', () => {
  test.each([
    ['JSON', Response.json({ success: true, revoked: 'bot', at: 'now' }), { success: true, revoked: 'bot', at: 'now' }],
    ['no content', new Response(null, { status: 204 }), {}],
    ['an empty body', new Response(null, { status: 200 }), {}],
    ['a plain text', new Response('ok', { status: 200 }), {}],
    ['null', Response.json(null), {}],
  ])('takes %s as success, and asks once', async (_what, answer, result) => {
    const { fetch, sent } = capture([answer])
    const claw = await anyClient({ fetch })
    await expect(claw['revokeIdentity']!('bot')).resolves.toEqual(result)
    expect(sent).toEqual([{ method: 'DELETE', path: '/api/identities/bot' }])
  })

  test('tells a server without the route from an unknown agent', async () => {
    const page = new Response('<html></html>', { status: 404, headers: { 'content-type': 'text/html' } })
    const unknown = Response.json({ error: 'Identity not found' }, { status: 404 })
    const names: string[] = []
    for (const answer of [page, unknown]) {
      const claw = await anyClient({ fetch: capture([answer]).fetch })
      names.push(await claw['revokeIdentity']!('bot').then(String, (error: Error) => error.name))
    }
    expect(names).toEqual(['RouteNotFoundError', 'NotFoundError'])
  })
})
