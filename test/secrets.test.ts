/** Keys and secrets stay where they belong, whatever the server, the network or the caller does. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { DashClaw, type DashClawOptions, generateKeyPair } from '../src/index.ts'
import { rejection } from './support/local.ts'
import { retryAtOnce } from './support/quick.ts'

retryAtOnce()

const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
  vi.restoreAllMocks()
})
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const KEY = 'oc_live_7d1f9c0b5a3e8264'
const TOKEN = 'eyJhbGciOi.tokenOfAGateway.5ignature'

/** A client whose every warning is kept. */
function client(options: Partial<DashClawOptions> = {}) {
  const logged: unknown[] = []
  const log = (...parts: unknown[]) => void logged.push(...parts)
  const claw = new DashClaw({
    baseUrl: 'http://platform.test',
    apiKey: KEY,
    authToken: TOKEN,
    agentId: 'agent-1',
    maxRetries: 0,
    logger: { warn: log },
    onUndelivered: log,
    ...options,
  })
  return { claw, logged }
}

/** Everything that a person or a log could see of a value. */
function shown(...values: unknown[]): string {
  return values
    .flatMap((value) => {
      const { message, stack } = (value ?? {}) as Error
      return [String(value), message, stack, JSON.stringify(value), inspect(value, { depth: 12, showHidden: true })]
    })
    .join('\n')
}

describe('the API key and the token of a gateway', () => {
  const texts = fc.oneof(
    fc.constant(KEY),
    fc.constant(`bearer ${TOKEN}`),
    fc.string(),
    fc.constantFrom('"', '\\', '<b>', '\n', '{"error":', '}', '…'),
  )
  const echo = fc.array(texts, { maxLength: 8 }).map((parts) => parts.join(''))
  const body = fc.oneof(
    echo,
    fc.record({ error: echo, code: echo, details: fc.array(echo) }).map((value) => JSON.stringify(value)),
    fc
      .record({ message: echo, nested: fc.record({ headers: fc.dictionary(fc.constant('x-api-key'), echo) }) })
      .map((value) => JSON.stringify(value)),
  )
  test('are in no error and in no log, whatever a server echoes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(200, 201, 301, 302, 307, 400, 401, 402, 403, 404, 409, 410, 422, 429, 500, 502, 503, 599),
        body,
        async (status, text) => {
          const redirect: Record<string, string> =
            status < 400 && status > 299 ? { location: `http://other.test/${KEY}/x?key=${KEY}#${TOKEN}` } : {}
          const fetch = async () => new Response(text, { status, headers: redirect })
          const { claw, logged } = client({ fetch })
          const errors: unknown[] = []
          const keep = (error: unknown) => void errors.push(error)
          await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship' }).catch(keep)
          if (status > 299) await claw.getActions().catch(keep)
          await claw.guard({ action_type: 'deploy' }).catch(keep)
          expect(errors.length).toBeGreaterThan(status > 299 ? 1 : 0)
          const all = shown(...errors, ...logged, claw)
          expect(all).not.toContain(KEY)
          expect(all).not.toContain(TOKEN)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('are in no error when fetch itself tells what it was given', async () => {
    const fetch = async (_url: string, init: { headers: Record<string, string> }) => {
      throw new TypeError(`can not send ${JSON.stringify(init.headers)}`)
    }
    const { claw, logged } = client({ fetch })
    const error = (await rejection(claw.getActions())) as Error
    expect(error.message).toContain('can not send')
    expect(`${error.message}${JSON.stringify(error)}${shown(...logged)}`).not.toMatch(new RegExp(`${KEY}|${TOKEN}`))
  })

  test('are in nothing that shows the client', () => {
    const { claw } = client({ headers: { 'x-proxy': 'proxy-password' } })
    for (const one of [claw, claw.forAgent('agent-2')]) {
      const all = shown(one, { ...one }, Object.entries(one), Object.getOwnPropertyNames(one))
      for (const secret of [KEY, TOKEN, 'proxy-password']) expect(all).not.toContain(secret)
    }
  })

  test('are in no text of an option that is refused', () => {
    for (const bad of [`${KEY}\r\nx-evil: 1`, ` ${KEY}`, `${KEY}é`, `${KEY}\0`]) {
      for (const options of [{ apiKey: bad }, { authToken: bad }, { headers: { 'x-other': bad } }]) {
        let error: unknown
        try {
          client(options)
        } catch (thrown) {
          error = thrown
        }
        expect(error).toMatchObject({ name: 'InputError', message: /printable ASCII/ })
        expect(shown(error)).not.toContain(KEY)
      }
    }
  })

  test('reach neither the target of a redirect nor another origin', async () => {
    const seen: IncomingMessage[] = []
    const other = await serve((request, response) => {
      seen.push(request)
      response.end('{}')
    })
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serve((_request, response) => response.writeHead(status, { location: `${other}/x` }).end())
      const { claw } = client({ baseUrl: url })
      await rejection(claw.getActions())
      await rejection(claw.createAction({ action_type: 'deploy', declared_goal: 'Ship' }))
      await rejection(claw.getAttachment('att_1'))
      const events = claw.events({ reconnect: false })
      await rejection(events[Symbol.asyncIterator]().next())
      events.close()
    }
    expect(seen).toEqual([])
  })

  test('stay on the configured origin, whatever a path or an id says', async () => {
    const origins = new Set<string>()
    const fetch = async (url: string) => {
      origins.add(new URL(url).origin)
      return Response.json({ action: {} })
    }
    const { claw } = client({ fetch })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.webUrl(),
          fc.string({ unit: 'grapheme' }),
          fc.constantFrom('//evil.test', '/\\evil.test', '@evil.test', '..'),
        ),
        async (text) => {
          await claw.getAction(text).catch(() => {})
          for (const path of [text, `/${text}`, `/api/${text}`]) {
            await claw.request({ method: 'GET', path }).catch(() => {})
          }
        },
      ),
      { numRuns: 300 },
    )
    expect([...origins]).toEqual(['http://platform.test'])
  })
})

describe('a signing key', () => {
  test.each(['jwk', 'pem'] as const)('as %s is in no error, no log and nothing that is sent', async (form) => {
    const pair = await generateKeyPair()
    const parts =
      form === 'jwk'
        ? Object.values(pair.privateJwk as Record<string, unknown>).filter(
            (part): part is string => typeof part === 'string' && part.length > 40,
          )
        : [pair.privateKeyPem.replace(/-----[^-]+-----|\s/g, '').slice(40, 200)]
    // The public numbers are no secret, but nothing sends them either.
    expect(parts.length).toBeGreaterThan(0)
    const sent: string[] = []
    const fetch = async (_url: string, init: { body?: unknown; headers: Record<string, string> }) => {
      sent.push(JSON.stringify(init.headers), String(init.body))
      return Response.json({ error: 'no' }, { status: 401 })
    }
    const good = form === 'jwk' ? pair.privateJwk : pair.privateKeyPem
    const bad = form === 'jwk' ? { ...pair.privateJwk, kty: 'EC' } : pair.privateKeyPem.replace('-----END', 'x-----END')
    for (const privateKey of [good, bad]) {
      const { claw, logged } = client({ fetch, privateKey })
      const error = await rejection(claw.createAction({ action_type: 'deploy', declared_goal: 'Ship' }))
      const all = `${shown(error, claw, ...logged).replace(/\\n|\s/g, '')}${sent.join('')}`
      for (const part of parts) expect(all).not.toContain(part)
    }
    expect(sent).toHaveLength(2)
  })
})

describe('secrets in what the SDK writes by itself', () => {
  const secret = fc.constantFrom(
    'sk-ant-api03-abcdefghijklmnop',
    'ghp_abcdefghijklmnopqrstuvwx',
    'AKIAIOSFODNN7EXAMPLE',
    KEY,
    'postgres://user:hunter22@db',
  )
  test('are masked in summaries of inputs, results and failures', async () => {
    await fc.assert(
      fc.asyncProperty(
        secret,
        fc.constantFrom('text', 'field', 'list', 'result', 'thrown'),
        fc.string({ maxLength: 5000 }).map((text) => text.replace(/[\w-]$/, ' ')),
        async (hidden, place, before) => {
          const sent: string[] = []
          const fetch = async (_url: string, init: { body?: unknown }) => {
            sent.push(String(init.body))
            return Response.json({
              action: { action_id: 'act_1', status: 'running' },
              action_id: 'act_1',
              decision: null,
            })
          }
          const { claw } = client({ fetch })
          const tool = claw.governTool('tool', async (_input: unknown) => {
            if (place === 'thrown') throw new Error(`${before} ${hidden}`)
            return place === 'result' ? { said: `${before} ${hidden}` } : 'done'
          })
          const input = { text: `${before} ${hidden}`, field: { deep: hidden }, list: [before, hidden] }
          await tool(place in input ? input[place as keyof typeof input] : before).catch(() => {})
          await claw.close()
          expect(sent.length).toBe(2)
          expect(sent.join('\n')).not.toContain(hidden)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('headers', () => {
  test('of a call are refused before anything is sent when they could become two', async () => {
    const fetch = vi.fn(async () => Response.json({}))
    const { claw } = client({ fetch })
    for (const headers of [
      { 'x-a': 'b\r\nx-api-key: c' },
      { 'x-a\r\nx-b': 'c' },
      { 'x a': 'b' },
      { '': 'b' },
      { 'x-a': 'b\0' },
      { 'x-a': 7 as never },
    ]) {
      expect(await rejection(claw.getActions({}, { headers }))).toMatchObject({ name: 'InputError' })
    }
    expect(fetch).not.toHaveBeenCalled()
    await claw.getActions({}, { headers: { 'x-trace': 'a b' } })
    expect(fetch).toHaveBeenCalledTimes(1)
  })
})

describe('prototypes', () => {
  const evil = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"prototype":{"polluted":1}}'
  test('are not touched by any answer', async () => {
    const answers = [evil, `{"error":${evil},"details":[${evil}],"code":"x","__proto__":{"status":200}}`, `[${evil}]`]
    for (const text of answers)
      for (const status of [200, 201, 400, 403, 409, 500]) {
        const fetch = async () => new Response(text, { status })
        const { claw } = client({ fetch })
        await claw.createAction({ action_type: 'deploy', declared_goal: 'Ship' }).catch(() => {})
        const error = await claw.getActions().then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        if (status > 299) expect(error).toMatchObject({ status })
        await claw.guard({ action_type: 'deploy' }).catch(() => {})
        JSON.stringify(error)
      }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('are not touched by any input, and such a field is sent as it is', async () => {
    const bodies: string[] = []
    const fetch = async (_url: string, init: { body?: unknown }) => {
      bodies.push(String(init.body))
      return Response.json({ action: { action_id: 'act_1', status: 'running' }, action_id: 'act_1', decision: null })
    }
    const { claw } = client({ fetch })
    const input = { action_id: 'act_1', action_type: 'deploy', declared_goal: 'Ship', ...(JSON.parse(evil) as object) }
    await claw.createAction(Object.assign(JSON.parse(evil), input))
    await claw.request({ method: 'POST', path: '/api/x', body: JSON.parse(evil) })
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(bodies[1]).toBe(evil)
  })
})

test('an answer of 100 MB is not read to its end', async () => {
  let sent = 0
  const piece = new Uint8Array(65_536).fill(32)
  const fetch = async () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent += piece.length
          if (sent > 100_000_000) controller.close()
          else controller.enqueue(piece)
        },
      }),
    )
  const { claw } = client({ fetch, maxResponseBytes: 1_000_000 })
  expect(await rejection(claw.getActions())).toMatchObject({ name: 'APIError', message: /more than 1000000 bytes/ })
  expect(sent).toBeLessThan(1_500_000)
  const standard = client({ fetch })
  expect(await rejection(standard.claw.getActions())).toMatchObject({ message: /more than 67108864 bytes/ })
  expect(sent).toBeLessThan(70_000_000)
})
