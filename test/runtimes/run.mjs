/**
 * Runs the suite of this folder with the built package in every JavaScript engine that can be had, against the embedded
 * server over real HTTP, prints a table and fails on any failure. `npm run test:runtimes` installs the engines first.
 */
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
const modules = join(here, 'node_modules')
const folder = mkdtempSync(join(tmpdir(), 'dashclaw-runtimes-'))
const run = promisify(execFile)
const only = process.argv.slice(2)

const { createLocalServer } = await import(new URL('../../dist/local.js', import.meta.url).href)
const server = createLocalServer()
const { url: baseUrl } = await server.listen()

/** Where a page finds the build for pages without a bundler. */
const SINGLE_FILE = '/dashclaw.esm.js'

const REACT_NATIVE = 'react-native-style'

/** The suite and the built package in one file for an engine. */
async function bundle(entry, format = 'esm', main = 'index.js') {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: here, loader: 'ts' },
    alias: {
      dashclaw: main === SINGLE_FILE ? SINGLE_FILE : join(dist, main),
      'dashclaw/local': join(dist, 'local.js'),
      'dashclaw/webhooks': join(dist, 'webhooks.js'),
    },
    bundle: true,
    write: false,
    format,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    logLevel: 'silent',
    // Only `listen()` of the embedded server needs Node, and only when it is called.
    external: ['node:*', SINGLE_FILE],
  })
  return outputFiles[0].text
}

const imports = `import * as dashclaw from 'dashclaw'; import * as local from 'dashclaw/local'; import * as webhooks from 'dashclaw/webhooks'; import { runSuite } from './suite.ts';\n`
const suite = (runtime, base = JSON.stringify(baseUrl)) =>
  `runSuite({ dashclaw, local, webhooks, baseUrl: ${base}, runtime: ${JSON.stringify(runtime)}, crossOrigin: ${runtime.startsWith('chromium')}, bare: ${runtime === REACT_NATIVE} })`

/** A file that prints the results as one line. */
async function script(runtime) {
  const file = join(folder, `${runtime}.mjs`)
  writeFileSync(file, await bundle(`${imports}console.log('RESULTS ' + JSON.stringify(await ${suite(runtime)}))`))
  return file
}

const parse = (output) => {
  const line = output.split('\n').find((text) => text.startsWith('RESULTS '))
  if (!line) throw new Error(`no results in: ${output.slice(-2000)}`)
  return JSON.parse(line.slice(8))
}

async function command(runtime, bin, args = []) {
  if (!existsSync(bin)) throw new Error(`${bin} is not installed`)
  const { stdout } = await run(bin, [...args, await script(runtime)], { timeout: 120_000, maxBuffer: 1e8 })
  return parse(stdout)
}

const version = async (bin, args = ['--version']) => (await run(bin, args)).stdout.trim().split('\n')[0]

const nodeBin = (name) => join(modules, name, 'bin/node')
const denoBin = join(modules, '@deno/linux-x64-glibc/deno')
const bunBin = join(modules, '@oven/bun-linux-x64/bin/bun')
const workerdBin = join(modules, '@cloudflare/workerd-linux-64/bin/workerd')

async function workerd(runtime, flags) {
  const worker = join(folder, `${runtime}.worker.mjs`)
  writeFileSync(
    worker,
    await bundle(`${imports}export default { async fetch() { return Response.json(await ${suite(runtime)}) } }`),
  )
  const config = join(folder, `${runtime}.capnp`)
  const socket = await freePort()
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = .main), (name = "net", network = (allow = ["public", "private"])) ],
  sockets = [ (name = "http", address = "127.0.0.1:${socket}", http = (), service = "main") ],
);
const main :Workerd.Worker = (
  modules = [ (name = "worker", esModule = embed "${runtime}.worker.mjs") ],
  compatibilityDate = "2026-01-01",
  compatibilityFlags = [${flags.map((flag) => JSON.stringify(flag)).join(', ')}],
  globalOutbound = "net",
);
`,
  )
  const child = spawn(workerdBin, ['serve', config], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  try {
    for (let i = 0; i < 200; i++) {
      try {
        const response = await fetch(`http://127.0.0.1:${socket}/`)
        const text = await response.text()
        if (!response.ok) throw Object.assign(new Error(`${text}\n${said}`), { final: true })
        return JSON.parse(text)
      } catch (error) {
        if (error.final || child.exitCode !== null) throw new Error(`${error.message}\n${said}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    throw new Error(`workerd did not answer: ${said}`)
  } finally {
    child.kill()
  }
}

async function edgeVm(runtime) {
  const { EdgeVM } = await import(join(modules, '@edge-runtime/vm/dist/index.js'))
  const code = await bundle(`${imports}globalThis.__results = ${suite(runtime)}`, 'iife')
  const vm = new (EdgeVM ?? (await import(join(modules, '@edge-runtime/vm/dist/index.js'))).default.EdgeVM)()
  vm.evaluate(code)
  return JSON.parse(JSON.stringify(await vm.evaluate('globalThis.__results')))
}

/** The embedded server, whose `fetch` gives whole answers to a caller with globals of its own. */
const buffered = {
  createLocalServer(options) {
    const server = createLocalServer(options)
    async function fetch(url, { signal, ...init }) {
      const controller = new AbortController()
      signal.addEventListener('abort', () => controller.abort())
      const response = await server.fetch(url, { ...init, signal: controller.signal })
      const body = await response.arrayBuffer()
      const { status, type, headers } = response
      return {
        status,
        type,
        url,
        headers,
        arrayBuffer: async () => body,
        text: async () => new TextDecoder().decode(body),
      }
    }
    return Object.create(server, { fetch: { value: fetch } })
  },
}

/**
 * What React Native offers: XMLHttpRequest, Blob and FileReader (jsdom's here) under `whatwg-fetch`, which is its `fetch` and
 * answers when the whole body has come; an AbortController that keeps no reason (`abort-controller`); random values, but no
 * `crypto.subtle`; no streams, no `structuredClone`. The embedded server stays outside: it needs a full runtime.
 */
async function reactNative(runtime) {
  const { JSDOM, VirtualConsole } = (await import(join(modules, 'jsdom/lib/api.js'))).default
  // Without a console to write to: refused connections are a part of the suite.
  const { window } = new JSDOM('', { url: baseUrl, runScripts: 'outside-only', virtualConsole: new VirtualConsole() })
  const random = globalThis.crypto
  for (const name of ['AbortController', 'AbortSignal', 'crypto', 'ReadableStream', 'structuredClone', 'fetch'])
    Reflect.deleteProperty(window, name)
  Object.assign(window, { TextEncoder, TextDecoder, buffered })
  window.crypto = { getRandomValues: (array) => random.getRandomValues(array) }
  const polyfills = "import 'abort-controller/polyfill'; import 'whatwg-fetch';\n"
  const entry = `${polyfills}${imports.replace("* as local from 'dashclaw/local'", "'whatwg-fetch'")}const local = globalThis.buffered\n`
  window.eval(await bundle(`${entry}globalThis.__results = ${suite(runtime)}`, 'iife'))
  try {
    return JSON.parse(JSON.stringify(await window.__results))
  } finally {
    window.close()
  }
}

const jsdomVersion = () => {
  const of = (name) => JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version
  return `jsdom ${of('jsdom')}, whatwg-fetch ${of('whatwg-fetch')}`
}

async function chromium(runtime, kind) {
  const { chromium: browserType } = await import(join(modules, 'playwright-core/index.mjs'))
  const code = await bundle(
    kind === 'worker'
      ? `${imports}${suite(runtime)}.then((results) => postMessage(results))`
      : `${imports}globalThis.__results = ${suite(runtime)}`,
    'esm',
    kind === 'single file' ? SINGLE_FILE : undefined,
  )
  const scripts = { '/suite.js': code, [SINGLE_FILE]: readFileSync(join(dist, SINGLE_FILE)) }
  // The page comes from another origin than the server, so the platform's CORS rules hold.
  const pages = createServer((request, response) => {
    const script = scripts[request.url]
    if (script) return response.setHeader('content-type', 'text/javascript').end(script)
    response.setHeader('content-type', 'text/html')
    response.end(
      kind === 'worker'
        ? `<script>globalThis.__results = new Promise((resolve, reject) => { const w = new Worker('/suite.js', { type: 'module' }); w.onmessage = (e) => resolve(e.data); w.onerror = (e) => reject(new Error(e.message)) })</script>`
        : '<script type="module" src="/suite.js"></script>',
    )
  })
  await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve))
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
  const browser = await browserType.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  try {
    const page = await browser.newPage()
    page.on('pageerror', (error) => console.error(error))
    await page.goto(`http://127.0.0.1:${pages.address().port}/`)
    await page.waitForFunction(() => globalThis.__results !== undefined)
    return await page.evaluate(() => globalThis.__results)
  } finally {
    await browser.close()
    pages.close()
  }
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

const chromiumVersion = async () => {
  const bin = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
  if (!bin) throw new Error('no Chromium is installed (Debian: apt-get install chromium)')
  return version(bin)
}

const edgeVersion = () => JSON.parse(readFileSync(join(modules, '@edge-runtime/vm/package.json'), 'utf8')).version

const runtimes = [
  ['node20', () => command('node20', process.execPath), () => version(process.execPath)],
  ...['node22', 'node24', 'node26'].map((name) => [
    name,
    () => command(name, nodeBin(name)),
    () => version(nodeBin(name)),
  ]),
  [
    'deno',
    () => command('deno', denoBin, ['run', '--no-prompt', '--allow-net', '--no-config']),
    () => version(denoBin),
  ],
  ['bun', () => command('bun', bunBin), () => version(bunBin)],
  ['workerd', () => workerd('workerd', []), () => version(workerdBin)],
  ['workerd-node-compat', () => workerd('workerd-node-compat', ['nodejs_compat']), () => version(workerdBin)],
  ['edge-vm', () => edgeVm('edge-vm'), edgeVersion],
  [REACT_NATIVE, () => reactNative(REACT_NATIVE), jsdomVersion],
  ['chromium-page', () => chromium('chromium-page', 'page'), chromiumVersion],
  ['chromium-single-file', () => chromium('chromium-single-file', 'single file'), chromiumVersion],
  ['chromium-worker', () => chromium('chromium-worker', 'worker'), chromiumVersion],
]

const table = []
let failed = 0
let passed = 0
for (const [name, start, versionOf] of runtimes) {
  if (only.length && !only.includes(name)) continue
  let results
  let engine = '?'
  try {
    engine = await versionOf()
    results = await start()
  } catch (error) {
    results = [{ name: 'starts', error: String(error?.stack ?? error) }]
  }
  const bad = results.filter(({ error }) => error)
  for (const { name: title, error } of bad) console.error(`${name}: ${title}\n${error}\n`)
  failed += bad.length
  passed += results.length - bad.length
  table.push({ runtime: name, version: engine, passed: results.length - bad.length, failed: bad.length })
}
console.table(table)
console.log(`Tests  ${failed ? `${failed} failed | ` : ''}${passed} passed (${passed + failed})`)
rmSync(folder, { recursive: true, force: true })
await server.close()
process.exit(failed ? 1 : 0)
