/**
 * The main flows, free of any runtime: it takes the library, gives results, and uses nothing but the platform's globals.
 * `baseUrl` is an embedded server over real HTTP (admin key `local`).
 */
import type * as Dashclaw from '../../src/index.ts'
import type * as Local from '../../src/local/index.ts'
import type * as Webhooks from '../../src/webhooks.ts'

export interface SuiteInput {
  dashclaw: typeof Dashclaw
  local: typeof Local
  webhooks: typeof Webhooks
  baseUrl: string
  /** Whether this is a page of another origin: then answers of the server's gate (401, 403, 429) read as a failed connection, and headers are hidden. */
  crossOrigin?: boolean
  /** Whether this has neither streams nor WebCrypto, and an AbortController without reasons: then clear refusals are expected. */
  bare?: boolean
  /** Unique in the run, so that runtimes can share a server. */
  runtime: string
}

export interface SuiteResult {
  name: string
  error?: string
}

type Test = () => Promise<void>

function equal(actual: unknown, expected: unknown, what = 'value'): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`)
}

async function rejected(
  promise: Promise<unknown>,
): Promise<{ name: string; message: string } & Record<string, unknown>> {
  try {
    await promise
  } catch (error) {
    return error as never
  }
  throw new Error('expected a rejection')
}

const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA5YsmSTrseZO6vHjRAkyT
p5ubj/XgzNoNr60ApNxsxt4t/EGkvHupCiU9rFmrUTn4QwhYbG4WvqrU1hydQ78E
0qeIb72yOjLVbKRdjInYJxyHJeHqwkdA8HUAhPFKA2jK/bz8YcBPmlhpKtTuZWxV
7OPEEJqZDskdd8viS/c6XjfeCW6X4KhscStVdkIGhITjvGpsek2hB7Vj3U3KRl9s
7KlDJB3fy0oYo5fPO7KLe/M+wjD59SqgEDLM7GBMdg4tAfCHncc7hpRc0WOTtpCe
jlPQrsb9wjLmB02bkhj4m0deCZef6PCSGTnL2+U2/yuzo5ZVOyVZWv8dAkEa6372
zwIDAQAB
-----END PUBLIC KEY-----`

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export async function runSuite({
  dashclaw,
  local,
  webhooks,
  baseUrl,
  runtime,
  crossOrigin = false,
  bare = false,
}: SuiteInput): Promise<SuiteResult[]> {
  const { DashClaw, compose, Guard, Actions, generateKeyPair, isDashClawError, parseJsonText } = dashclaw
  const agentId = `agent-${runtime}`
  const quiet = { logger: false } as const
  const client = (options: Dashclaw.DashClawOptions = {}) =>
    new DashClaw({ baseUrl, apiKey: 'local', agentId, ...quiet, ...options })
  const inProcess = (server: Local.LocalServer, options: Dashclaw.DashClawOptions = {}) =>
    new DashClaw({ baseUrl: server.baseUrl, apiKey: 'local', agentId, fetch: server.fetch, ...quiet, ...options })
  const goal = { action_type: 'build', declared_goal: `Build in ${runtime}` } as const
  const held = { action_type: `held-${runtime}`, declared_goal: 'Needs a person' }
  const tests: [string, Test][] = []
  const test = (name: string, run: Test) => tests.push([name, run])

  const operator = client({ agentId: 'operator' })
  const approvePending = async (decision: 'allow' | 'deny') => {
    for (let i = 0; i < 100; i++) {
      const { actions } = await operator.getActions({ agent_id: agentId, status: 'pending_approval' })
      if (actions[0]) return operator.approveAction(actions[0].action_id, { decision })
      await sleep(20)
    }
    throw new Error('nothing waits for approval')
  }

  test('requests carry JSON both ways, with characters of all lengths', async () => {
    const text = 'é 日本語 😀 \u2028 "quoted"'
    const { action, action_id } = await client().createAction({
      ...goal,
      declared_goal: text,
      systems_touched: ['a', 'b'],
    })
    equal(action.declared_goal, text)
    equal(parseJsonText(action.systems_touched), ['a', 'b'])
    equal((await client().getAction(action_id)).action.action_id, action_id)
  })

  test('refusals are typed errors', async () => {
    const missing = await rejected(client().getAction('act_unknown'))
    equal([missing.name, missing['status'], isDashClawError(missing, 'APIError')], ['NotFoundError', 404, true])
    const wrongKey = await rejected(client({ apiKey: 'wrong-key', maxRetries: 0 }).getActions())
    equal(wrongKey.name, crossOrigin ? 'ConnectionError' : 'AuthenticationError')
    equal((await rejected(client().request({ method: 'GET', path: '/api/none' }))).name, 'RouteNotFoundError')
    equal((await rejected(client().createAction({ ...goal, risk_score: Number.NaN }))).name, 'InputError')
    equal(
      (await rejected(client({ baseUrl: 'http://127.0.0.1:9', maxRetries: 0 }).getActions())).name,
      'ConnectionError',
    )
  })

  test('a call is cancelled with the reason of its signal, and a stall ends with a TimeoutError', async () => {
    const server = local.createLocalServer()
    server.failNext({ delay: 10_000 }, 2)
    const controller = new AbortController()
    const reason = new Error('enough')
    const call = rejected(inProcess(server).getActions({}, { signal: controller.signal }))
    setTimeout(() => controller.abort(reason), 20)
    const cancelled = await call
    equal(bare ? cancelled.name : cancelled.message, bare ? 'AbortError' : 'enough')
    equal((await rejected(inProcess(server, { timeout: 30, maxRetries: 0 }).getActions())).name, 'TimeoutError')
  })

  test('what is safe to repeat is repeated', async () => {
    const server = local.createLocalServer()
    server.failNext({ status: 503, headers: { 'retry-after': '0' } })
    equal((await inProcess(server).getActions()).total, 0)
    server.failNext('lost')
    const { action_id, decision } = await inProcess(server).createAction(goal)
    equal([action_id.startsWith('act_'), decision, server.snapshot()['actions']!.length], [true, null, 1])
  })

  test('guard resolves with a decision, and enforce blocks', async () => {
    const server = local.createLocalServer({
      version: '2.0',
      policies: [{ name: 'No', policy_type: 'block_action_type', rules: { action_types: ['cleanup'] } }],
    })
    equal((await inProcess(server).guard({ action_type: 'cleanup' })).decision, 'block')
    const error = await rejected(
      inProcess(server, { guardMode: 'enforce' }).createAction({ ...goal, action_type: 'cleanup' }),
    )
    equal(error.name, 'GuardBlockedError')
  })

  test('track runs, records and reports failures', async () => {
    equal(await client().track(goal, async () => 42), 42)
    const error = new Error('mine')
    equal((await rejected(client().track(goal, () => Promise.reject(error)))) === (error as never), true)
    const { actions } = await client().getActions({ agent_id: agentId, status: 'failed' })
    equal(actions[0]?.error_message, 'mine')
  })

  test('an approval lets the work run, a denial does not, over the event stream where there is one', async () => {
    const agent = client({ hitlMode: 'wait' })
    const [value] = await Promise.all([agent.track(held, () => 'ran'), approvePending('allow')])
    equal(value, 'ran')
    const [error] = await Promise.all([rejected(agent.track(held, () => 'must not run')), approvePending('deny')])
    equal(error.name, 'ApprovalDeniedError')
    await agent.close()
  })

  test('an approval is seen by polling where no stream can be had', async () => {
    const server = local.createLocalServer({
      policies: [{ name: 'Held', policy_type: 'require_approval', rules: { action_types: ['deploy'] } }],
    })
    server.failNext({ path: '/api/stream', status: 404, body: '<html>' }, 99)
    const claw = inProcess(server)
    const { action_id } = await claw.createAction({ action_type: 'deploy', declared_goal: 'g' })
    const wait = claw.waitForApproval(action_id, { interval: 10 })
    await sleep(30)
    server.approve(action_id)
    equal((await wait).action.status, 'running')
    const aborted = new AbortController()
    const second = await claw.createAction({ action_type: 'deploy', declared_goal: 'g' })
    const cancelled = rejected(claw.waitForApproval(second.action_id, { signal: aborted.signal }))
    await sleep(10)
    aborted.abort(new Error('no more'))
    const { name, message } = await cancelled
    equal(bare ? name : message, bare ? 'AbortError' : 'no more')
  })

  test('events arrive, and leaving the loop ends the stream', async () => {
    const claw = client()
    const stream = claw.events({ types: ['action.created'] })
    if (bare) {
      const error = await rejected(stream[Symbol.asyncIterator]().next())
      equal(isDashClawError(error as never) && /need streaming answers/.test(error.message), true)
      equal(await rejected(stream.done), error)
      return claw.close()
    }
    const first = (async () => {
      for await (const event of stream) if ((event.data as { agent_id: string }).agent_id === agentId) return event.type
      return 'nothing'
    })()
    await new Promise<void>((connected) => stream.on('connected', () => connected()))
    await claw.createAction(goal)
    equal(await first, 'action.created')
    await claw.close()
  })

  test('actions are signed with every form of key', async () => {
    if (bare) {
      const before = (await operator.getActions({ agent_id: agentId })).total
      const errors = [
        await rejected(generateKeyPair()),
        await rejected(
          client({ privateKey: '-----BEGIN PRIVATE KEY-----\nMAo=\n-----END PRIVATE KEY-----' }).createAction(goal),
        ),
      ]
      for (const error of errors)
        equal([error.name, error.message.includes('has no crypto.subtle')], ['SigningError', true])
      return equal((await operator.getActions({ agent_id: agentId })).total, before, 'unsigned actions')
    }
    const keys = await generateKeyPair()
    await operator.registerIdentity({ agent_id: agentId, public_key: keys.publicKeyPem })
    for (const privateKey of [keys.privateKey, keys.privateJwk, keys.privateKeyPem]) {
      equal((await client({ privateKey }).createAction(goal)).action.verified, true)
    }
    equal((await rejected(client({ privateKey: 'nonsense' }).createAction(goal))).name, 'SigningError')
  })

  test('pairing registers a key', async () => {
    const server = local.createLocalServer()
    const claw = inProcess(server)
    const { pairing: open } = await claw.createPairing({ public_key_pem: PUBLIC_KEY })
    const late = await rejected(claw.waitForPairing(open.id, { interval: 10, timeout: 50 }))
    equal([late.name, late['status']], ['PairingError', 'pending'])
    await claw.approvePairing(open.id)
    equal((await claw.waitForPairing(open.id)).status, 'approved')
    if (bare) return
    const keys = await generateKeyPair()
    const { pairing } = await claw.createPairingFromPrivateJwk(keys.privateJwk)
    const wait = claw.waitForPairing(pairing.id, { interval: 10 })
    await claw.approvePairing(pairing.id)
    await wait
    equal((await inProcess(server, { privateKey: keys.privateJwk }).createAction(goal)).action.verified, true)
  })

  test('webhook signatures are verified', async () => {
    const body = JSON.stringify({ event: 'policy.updated', data: {} })
    if (bare) {
      const error = await rejected(webhooks.verifyWebhook({ body, signature: '0'.repeat(64), secret: 's3cret' }))
      return equal([error.name, error.message.includes('has no crypto.subtle')], ['SigningError', true])
    }
    const key = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode('s3cret'),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    )
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(body)))
    const signature = Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join('')
    equal((await webhooks.verifyWebhook({ body, signature, secret: 's3cret' })).event, 'policy.updated')
    equal(
      (await rejected(webhooks.verifyWebhook({ body: `${body} `, signature, secret: 's3cret' })))['reason'],
      'signature_mismatch',
    )
  })

  test('attachments go as base64 and come back as bytes', async () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, at) => at % 256)
    const claw = client()
    const { message } = await claw.sendMessage({
      to: 'other',
      body: 'with a file',
      attachments: [{ filename: 'data.txt', mime_type: 'text/plain', data: bytes }],
    })
    const { data, filename } = await claw.getAttachment(message.attachments[0]!.id)
    equal(Array.from(data), Array.from(bytes))
    if (!crossOrigin) equal(filename, 'data.txt')
  })

  test('background work is handed to waitUntil and leaves with flush', async () => {
    const server = local.createLocalServer()
    const handed: Promise<unknown>[] = []
    const claw = inProcess(server, { maxRetries: 0, waitUntil: (work) => void handed.push(work), onUndelivered() {} })
    server.failNext({ method: 'PATCH', status: 500 }, 2)
    equal(await claw.track(goal, () => 1), 1)
    await claw.flush()
    equal([handed.length > 0, (server.snapshot()['actions']![0] as { status: string }).status], [true, 'completed'])
    await claw.close()
  })

  test('a client of two domains works, and shows no key', async () => {
    const Small = compose(Guard, Actions)
    const small = new Small({ baseUrl, apiKey: 'local', agentId, ...quiet })
    equal(typeof (await small.guard({ action_type: 'api' })).decision, 'string')
    equal([JSON.stringify(small).includes('apiKey'), 'approveAction' in small], [false, false])
  })

  const policy = await operator.createPolicy({
    name: `Held ${runtime}`,
    policy_type: 'require_approval',
    rules: { action_types: [held.action_type] },
  })
  const results: SuiteResult[] = []
  for (const [name, run] of tests) {
    try {
      await Promise.race([run(), sleep(15_000).then(() => Promise.reject(new Error('took longer than 15 s')))])
      results.push({ name })
    } catch (error) {
      results.push({ name, error: String((error as Error)?.stack ?? error) })
    }
  }
  await operator.deletePolicy(policy.policy_id)
  return results
}
