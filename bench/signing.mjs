/**
 * What a signature costs: the canonical text over a plain recursive sorter, and a signed call over a pipeline written by hand.
 * `node bench/signing.mjs`
 */
import { isDeepStrictEqual } from 'node:util'
import safeStable from 'safe-stable-stringify'
import { canonicalJson, DashClaw, generateKeyPair } from '../dist/index.js'
import { median, round, spread, turns, use } from './lib.mjs'
import { action, stub } from './peers.mjs'

/** The sorter that one would write first. */
function plain(value) {
  if (Array.isArray(value)) return `[${value.map(plain).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.keys(value).sort()
  return `{${fields.map((name) => `${JSON.stringify(name)}:${plain(value[name])}`).join(',')}}`
}

const large = { list: Array.from({ length: 250 }, (_, id) => ({ ...action, id, note: `é "${id}"\n` })) }
for (const [name, value, calls] of [
  ['an action', action, 5000],
  [`${round(JSON.stringify(large).length / 1000, 0)} kB`, large, 20],
]) {
  const rows = await turns(
    {
      'plain recursion': () => use(plain(value)),
      'dashclaw canonicalJson': () => use(canonicalJson(value)),
      'safe-stable-stringify': () => use(safeStable(value)),
      'JSON.stringify, not sorted': () => use(JSON.stringify(value)),
    },
    { calls, rounds: 21 },
  )
  console.log(`Canonical text of ${name}`)
  console.table(Object.entries(rows).map(([by, { us, ratios }]) => ({ by, us: round(median(us)), ...spread(ratios) })))
}

// What is sent is what has to be signed.
const odd = {
  date: new Date(0),
  url: new URL('https://x.test/a'),
  toJSON: { toJSON: () => ({ b: 1, a: 2 }) },
  function: () => 1,
  'function in a list': [() => 1],
  undefined: undefined,
  'undefined in a list': [undefined],
  symbol: Symbol('s'),
  boxed: [new Number(1), new String('s'), new Boolean(false)],
  NaN: [Number.NaN, Number.POSITIVE_INFINITY],
  'negative zero': -0,
  'lone surrogate': '\ud800',
  map: new Map([[1, 2]]),
  'integer keys': { 10: 1, 9: 2, a: 3 },
}
const right = (canonical) =>
  Object.values(odd).filter((value) => {
    try {
      const sent = JSON.parse(JSON.stringify({ value }))
      return canonical({ value }) === plain(sent) && isDeepStrictEqual(JSON.parse(canonical({ value })), sent)
    } catch {
      return false
    }
  }).length
const count = Object.keys(odd).length
console.log('Odd values that are signed as they are sent')
console.table([
  { by: 'dashclaw canonicalJson', right: right(canonicalJson), of: count },
  { by: 'plain recursion', right: right(plain), of: count },
  { by: 'safe-stable-stringify', right: right(safeStable), of: count },
])

const { privateKey } = await generateKeyPair()
const { subtle } = globalThis.crypto
const jwk = await subtle.exportKey('jwk', privateKey)
const text = new TextEncoder()
const byHand = async () => {
  const signature = await subtle.sign('RSASSA-PKCS1-v1_5', privateKey, text.encode(plain(action)))
  const _signature = btoa(String.fromCharCode(...new Uint8Array(signature)))
  const response = await stub('http://bench.test', { body: JSON.stringify({ ...action, _signature }) })
  return response.json()
}
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const options = { baseUrl: 'http://bench.test', apiKey: 'bench-key', agentId: 'bench', fetch: stub, logger: silent }
const signed = new DashClaw({ ...options, privateKey })
const warm = new DashClaw({ ...options, privateKey: jwk })
for (const parallel of [1, 64]) {
  const rows = await turns(
    {
      'by hand': byHand,
      'createAction(), CryptoKey': () => signed.createAction(action),
      'createAction(), JWK': () => warm.createAction(action),
      'createAction(), JWK, new client each': () => new DashClaw({ ...options, privateKey: jwk }).createAction(action),
    },
    { calls: parallel === 1 ? 100 : 640, parallel, rounds: 15 },
  )
  console.log(parallel === 1 ? 'Signed call, stub fetch, one after another' : 'Signed call, stub fetch, 64 at once')
  console.table(
    Object.entries(rows).map(([call, { us, ratios }]) => ({ call, us: round(median(us), 0), ...spread(ratios) })),
  )
}
