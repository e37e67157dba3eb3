/** The recorded exchanges that belong to no domain's methods: the gate, signatures, and the event stream. */
import { describe, expect, test } from 'vitest'
import { DashClaw } from '../../src/client.ts'
import { isDashClawError } from '../../src/core/errors.ts'
import { type Contract, contract, recordings } from '../support/fixtures.ts'
import { WIRE, wire } from '../support/wire.ts'

const network = wire()
const client = (options: object = {}) =>
  new DashClaw({
    baseUrl: WIRE,
    apiKey: 'oc_live_test',
    agentId: 'core-signer',
    logger: false,
    maxRetries: 0,
    ...options,
  })

const KINDS: Record<number, string> = {
  400: 'ValidationError',
  401: 'AuthenticationError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  405: 'APIError',
  409: 'ConflictError',
  413: 'APIError',
  429: 'RateLimitError',
  503: 'ServerError',
}

describe('the gate', () => {
  for (const { method, name, request, response } of recordings('transport')) {
    if (request.method === 'OPTIONS') {
      test.skip(`${method}: ${name} (a preflight is the browser's own)`)
      continue
    }
    if (/malformed percent-encoding/.test(name)) {
      test.skip(`${method}: ${name} (the SDK encodes every id)`)
      continue
    }
    test(`${method}: ${name}`, async () => {
      network.answers(response.status, response.content_type, response.body)
      const body = request.body === null ? {} : { body: request.body }
      const call = client().request({
        method: request.method as 'GET',
        path: request.path,
        query: request.query,
        ...body,
      })
      const error: unknown = await call.then(
        () => undefined,
        (reason) => reason,
      )
      expect(network.sent).toEqual([
        {
          method: request.method,
          path: request.path,
          ...(Object.keys(request.query).length > 0 && { query: request.query }),
          ...body,
        },
      ])
      if (response.status < 400 && response.content_type?.includes('json') && typeof response.body !== 'string') {
        expect(await call).toEqual(response.body)
      } else if (response.status >= 400) {
        expect(isDashClawError(error, KINDS[response.status] as 'APIError')).toBe(true)
        expect(error).toMatchObject({ status: response.status, code: (response.body as { code?: string })?.code })
      }
    })
  }
})

describe('signed actions', () => {
  const { signing } = contract('transport') as Contract & { signing: { test_key: { private_jwk: object } } }
  const privateKey = signing.test_key.private_jwk as never
  for (const { method, name, request, response } of recordings('transport')) {
    const { _signature, ...payload } = (request.body ?? {}) as Record<string, unknown>
    const verified = (response.body as { action?: { verified?: boolean } } | null)?.action?.verified
    if (!method.startsWith('createAction') || !verified || /base64url/.test(name)) continue
    test(`${name}: the same bytes are signed`, async () => {
      network.answers(response.status, response.content_type, response.body)
      // An answer about another action would be refused.
      const { action_id } = (response.body as { action: { action_id: string } }).action
      const given = payload['action_id'] ? payload : { ...payload, action_id }
      await client({ privateKey }).createAction(given as never)
      const { _signature: signature, ...sent } = network.sent[0]!.body as Record<string, unknown>
      expect(sent).toEqual(given)
      // The SDK adds an id of its own, so the signature can only be the recorded one where the payload had one.
      if (payload['action_id']) expect(signature).toBe(_signature)
      else expect(signature).toMatch(/^[A-Za-z0-9+/]{342}==$/)
    })
  }
})

describe('the event stream', () => {
  for (const { name, request, response } of recordings('events')) {
    test(name, async () => {
      network.answers(response.status, response.content_type, response.body)
      const { headers = {} } = request as { headers?: Record<string, string> }
      const lastEventId = request.query['lastEventId'] ?? headers['last-event-id']
      const stream = client().events({ reconnect: false, ...(lastEventId && { lastEventId }) })
      const seen: [string, string | null][] = []
      const reading = (async () => {
        for await (const { type, id } of stream) seen.push([type, id])
      })()
      if (response.status === 401) {
        await expect(reading).rejects.toMatchObject({ name: 'AuthenticationError' })
        return
      }
      await reading
      // A header would be refused by the platform's CORS rules, so the SDK resumes by the query.
      expect(network.sent[0]).toEqual({
        method: 'GET',
        path: '/api/stream',
        ...(lastEventId && { query: { lastEventId } }),
      })
      const frames = (response.body as string)
        .split('\n\n')
        .filter((frame) => /^event: /m.test(frame) && !/^data: null$/m.test(frame))
      expect(seen.map(([type]) => type)).toEqual(frames.map((frame) => /^event: (.*)$/m.exec(frame)![1]))
      expect(seen.length).toBeGreaterThan(0)
    })
  }
})
