/**
 * What importing and constructing costs: whole processes that import a package over ones that import an empty module, in
 * turns; then nanoseconds and bytes of a client. `node --expose-gc bench/start.mjs`
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, round, spread, use } from './lib.mjs'

const at = (path) => new URL(path, import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'dashclaw-bench-'))
const empty = join(folder, 'empty.mjs')
writeFileSync(empty, '')

const modules = {
  'an empty module': empty,
  dashclaw: at('../dist/index.js'),
  ...Object.fromEntries(
    ['ofetch', 'ky', '@octokit/core', '@supabase/supabase-js', 'openai', 'stripe', 'axios'].map((name) => [
      name,
      import.meta.resolve(name),
    ]),
  ),
}

/** Starts a process and ends it; milliseconds, and the builtins that were loaded. */
function start(module) {
  const code = `await import(${JSON.stringify(module)}); console.log(process.moduleLoadList.length)`
  const begin = process.hrtime.bigint()
  const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', code], { cwd: folder, encoding: 'utf8' })
  return { ms: Number(process.hrtime.bigint() - begin) / 1e6, loaded: Number(loaded) }
}

const seen = Object.fromEntries(Object.keys(modules).map((name) => [name, []]))
try {
  for (let i = -1; i < 15; i++)
    for (const [name, module] of Object.entries(modules)) {
      const one = start(module)
      if (i >= 0) seen[name].push(one)
    }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const floor = seen['an empty module']
console.log('Start of a process')
console.table(
  Object.entries(seen).map(([imports, runs]) => ({
    imports,
    ms: round(median(runs.map(({ ms }) => ms)), 0),
    ...spread(runs.map(({ ms }, i) => ms / floor[i].ms)),
    'more builtins': median(runs.map(({ loaded }, i) => loaded - floor[i].loaded)),
  })),
)

const fetch = async () => new Response()
const url = 'http://bench.test'
const makers = {
  dashclaw: async () => {
    const { DashClaw } = await import('../dist/index.js')
    return () => new DashClaw({ baseUrl: url, apiKey: 'key', agentId: 'bench', fetch })
  },
  ofetch: async () => {
    const { createFetch } = await import('ofetch')
    return () => createFetch({ fetch, Headers, AbortController, defaults: { baseURL: url } })
  },
  ky: async () => {
    const { default: ky } = await import('ky')
    return () => ky.create({ prefixUrl: url, fetch })
  },
  openai: async () => {
    const { default: OpenAI } = await import('openai')
    return () => new OpenAI({ apiKey: 'key', baseURL: url, fetch })
  },
  '@octokit/core': async () => {
    const { Octokit } = await import('@octokit/core')
    return () => new Octokit({ auth: 'key', baseUrl: url, request: { fetch } })
  },
  axios: async () => {
    const { default: axios } = await import('axios')
    return () => axios.create({ baseURL: url })
  },
  stripe: async () => {
    const { default: Stripe } = await import('stripe')
    return () => new Stripe('key', { httpClient: Stripe.createFetchHttpClient(fetch) })
  },
}

console.log('Construction')
const rows = []
for (const [client, load] of Object.entries(makers)) {
  const make = await load()
  const rounds = []
  const count = client === 'dashclaw' ? 20_000 : 500
  for (let i = -5; i < 15; i++) {
    const begin = process.hrtime.bigint()
    for (let n = 0; n < count; n++) use(make())
    if (i >= 0) rounds.push(Number(process.hrtime.bigint() - begin) / count)
  }
  // Small ones drown among what the engine itself frees meanwhile, unless there are many.
  const kept = Array.from({ length: client === 'dashclaw' ? 20_000 : 2_000 })
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < kept.length; n++) kept[n] = make()
  globalThis.gc?.()
  const bytes = (process.memoryUsage().heapUsed - before) / kept.length
  use(kept)
  rows.push({
    client,
    ns: round(median(rounds), 0),
    min: round(Math.min(...rounds), 0),
    max: round(Math.max(...rounds), 0),
    'bytes kept': round(bytes, 0),
  })
}
console.table(rows)
