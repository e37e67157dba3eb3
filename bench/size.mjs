/**
 * What a consumer's bundle weighs: esbuild, minified, gzip -9. `node bench/size.mjs` prints a table and fails above a budget.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

/** Imports, and the most bytes that they may weigh. */
const bundles = {
  'compose(Guard)': ["import { compose, Guard } from 'dashclaw'; globalThis.Claw = compose(Guard)", 12_900],
  'compose(Guard, Actions, Approvals)': [
    "import { compose, Guard, Actions, Approvals } from 'dashclaw'; globalThis.Claw = compose(Guard, Actions, Approvals)",
    25_900,
  ],
  'DashClaw (every domain)': ["import { DashClaw } from 'dashclaw'; globalThis.Claw = DashClaw", 50_400],
  'an error, for instanceof': ["import { NotFoundError } from 'dashclaw'; globalThis.Missing = NotFoundError", 500],
  'dashclaw/webhooks': ["import { verifyWebhook } from 'dashclaw/webhooks'; globalThis.verify = verifyWebhook", 2_000],
}

const { name, version, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const alias = Object.fromEntries(
  Object.entries(exports)
    .filter(([, target]) => target.import)
    .map(([path, target]) => [name + path.slice(1), join(root, target.import.default)]),
)

/**
 * What an entry for a framework adds to a bundle that has the client, and the most that it may: with the governing of calls that all of
 * them share, and on top of `dashclaw/tools`, which is that.
 */
const added = {
  tools: 3_000,
  'ai-sdk': 3_000,
  mcp: 3_000,
  mastra: 3_000,
  crewai: 3_000,
  autogen: 3_000,
  'claude-agent': 3_000,
  langchain: 4_700,
  'openai-agents': 5_300,
}
const OWN = 3_200

export async function bundle(code, resolveDir = root, plugins = []) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir, loader: 'js' },
    alias,
    plugins,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  })
  return outputFiles[0].text
}

export async function sizes() {
  const rows = []
  for (const [name, [code, budget]] of Object.entries(bundles)) {
    const text = await bundle(code)
    rows.push({ import: name, minified: Buffer.byteLength(text), gzip: gzipSync(text, { level: 9 }).length, budget })
  }
  const client = "import { DashClaw } from 'dashclaw'; globalThis.Claw = DashClaw"
  const shared = `${client}; import * as tools from 'dashclaw/tools'; globalThis.tools = tools`
  const add = async (entry, beside, what, budget) => {
    const [more, less] = [
      await bundle(`${beside}; import * as entry from 'dashclaw/${entry}'; globalThis.entry = entry`),
      await bundle(beside),
    ]
    rows.push({
      import: `dashclaw/${entry}, beside ${what}`,
      minified: Buffer.byteLength(more) - Buffer.byteLength(less),
      gzip: gzipSync(more, { level: 9 }).length - gzipSync(less, { level: 9 }).length,
      budget,
    })
  }
  for (const [entry, budget] of Object.entries(added)) await add(entry, client, 'the client', budget)
  for (const entry of Object.keys(added).slice(1)) await add(entry, shared, 'dashclaw/tools', OWN)
  // As it is served: licence included, minified already.
  const single = readFileSync(join(dist, 'dashclaw.esm.js'))
  const gzip = gzipSync(single, { level: 9 }).length
  return [...rows, { import: 'dist/dashclaw.esm.js', minified: single.length, gzip, budget: 52_000 }]
}

/** What other clients weigh, installed by `npm ci --prefix bench`. */
const peers = {
  ky: "import ky from 'ky'; globalThis.ky = ky",
  ofetch: "import { ofetch } from 'ofetch'; globalThis.ofetch = ofetch",
  '@octokit/core': "import { Octokit } from '@octokit/core'; globalThis.Octokit = Octokit",
  axios: "import axios from 'axios'; globalThis.axios = axios",
  stripe: "import Stripe from 'stripe'; globalThis.Stripe = Stripe",
  openai: "import OpenAI from 'openai'; globalThis.OpenAI = OpenAI",
  '@supabase/supabase-js':
    "import { createClient } from '@supabase/supabase-js'; globalThis.createClient = createClient",
}

/** What the whole client is made of: files below src, and what they are for. */
const parts = {
  'typed errors': 'core/errors',
  'checks of inputs and options before a request': 'core/(route|options|path)',
  'requests, retries, limits, reading of answers': 'core/(transport|retry|core|compose|types|dispose)',
  'background work: bounded, repeated, flushed': 'core/background',
  'masking and cutting of texts, ids': 'core/text',
  'lists page by page': 'core/pages',
  'signing: canonical JSON, every form of key, PEM': 'core/(canonical-json|keys|signing|encoding)',
  'events: parser, connection, resuming': '(core/(event-stream|sse-parser)|governance/stream|domains/events)',
  'waiting for people': 'governance/approval-watch',
  'guard, recording, outcomes, track':
    '(governance/(guard|create|outcome|action-|track)|domains/(guard|actions|approvals))',
  recommendations: 'governance/recommend',
  'pairing and identity': 'domains/(pairing|identity)',
  'wrapClient and token reports': 'domains/tokens',
  'heartbeats and agents': 'domains/presence',
  'messages with attachments': 'domains/messaging',
  'state sync': 'domains/sync',
  'studio and action graph': 'domains/studio',
  'the other domains':
    'domains/(?!guard|actions|approvals|events|pairing|identity|tokens|presence|messaging|sync|studio)',
}

/** What a bundle of the whole client would save without some files: they are replaced by ones that hold nothing. */
async function partSizes() {
  const whole = async (without) => {
    const stub = {
      name: 'stub',
      setup({ onLoad }) {
        onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) =>
          without.test(path) ? { contents: 'module.exports = {}', loader: 'js' } : undefined,
        )
      },
    }
    const text = await bundle("export { DashClaw } from './src/index.ts'", root, [stub])
    return gzipSync(text, { level: 9 }).length
  }
  const all = await whole(/$^/)
  const rows = []
  for (const [part, files] of Object.entries(parts)) {
    rows.push({ part, gzip: all - (await whole(new RegExp(`/src/${files}\\.ts$|/src/${files}[\\w-]*\\.ts$`))) })
  }
  return rows.sort((a, b) => b.gzip - a.gzip)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`dashclaw ${version}`)
  const rows = await sizes()
  console.table(rows)
  if (process.argv.includes('--parts')) console.table(await partSizes())
  if (process.argv.includes('--peers')) {
    const others = []
    for (const [name, code] of Object.entries(peers)) {
      const text = await bundle(code, join(root, 'bench'))
      others.push({ import: name, minified: Buffer.byteLength(text), gzip: gzipSync(text, { level: 9 }).length })
    }
    console.table(others.sort((a, b) => a.gzip - b.gzip))
  }
  process.exitCode = rows.some(({ gzip, budget }) => gzip > budget) ? 1 : 0
}
