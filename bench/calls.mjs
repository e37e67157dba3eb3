/**
 * What a call costs over bare `fetch`: own work with a stub, bytes allocated, and loopback HTTP, sequential and 64 at once.
 * `node --expose-gc bench/calls.mjs`; with `--own` without the peers.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median, round, spread, turns, use } from './lib.mjs'
import { answer, answerHeaders, bare, clients, peers, stub } from './peers.mjs'

const STUB = 'http://bench.test'

if (process.argv.includes('--serve')) {
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(201, answerHeaders).end(answer))
  })
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  process.on('disconnect', () => process.exit())
} else {
  const makers = { 'bare fetch': bare, ...clients }
  if (!process.argv.includes('--own')) for (const [name, load] of Object.entries(peers)) makers[name] = await load()

  const made = (url, fetch) =>
    Object.fromEntries(Object.entries(makers).map(([name, make]) => [name, make(url, fetch)]))

  const own = made(STUB, stub)
  // A client that fails is fast: each must have read the answer.
  for (const [name, call] of Object.entries(own)) {
    const value = await call()
    if (value?.action_id !== 'act_1') throw new Error(`${name} did not read the answer`)
  }

  const timed = await turns(own, { calls: 500, rounds: 31, warm: 6 })
  const floor = timed['bare fetch'].us
  const allocated = await allocations(own)
  console.log('Own work, stub fetch')
  console.table(
    Object.entries(timed).map(([client, { us, ratios }]) => ({
      client,
      // A collection that falls into a round is counted there; the quieter rounds show the work itself.
      'us over bare, p10': round(tenth(us) - tenth(floor), 1),
      'us over bare': round(median(us.map((value, at) => value - floor[at])), 1),
      ...spread(ratios),
      'bytes, ratio': round(allocated[client] / allocated['bare fetch']),
    })),
  )

  // The server has a process of its own, so that its work is not counted.
  const server = fork(fileURLToPath(import.meta.url), ['--serve'])
  const port = await new Promise((resolve) => server.once('message', resolve))
  const real = made(`http://127.0.0.1:${port}`, globalThis.fetch)
  real['bare fetch again'] = real['bare fetch']
  for (const parallel of [1, 64]) {
    const rows = await turns(real, { calls: parallel === 1 ? 100 : 640, parallel, rounds: 15 })
    console.log(parallel === 1 ? 'Loopback, one after another' : 'Loopback, 64 at once')
    console.table(
      Object.entries(rows).map(([client, { us, ratios }]) => ({ client, us: round(median(us), 0), ...spread(ratios) })),
    )
  }
  server.disconnect()
}

/** What one round in ten stays below. */
function tenth(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 10)]
}

/** Bytes of heap a call, from the growth between two collections that did not come in between. */
async function allocations(calls) {
  const bytes = {}
  for (const [name, call] of Object.entries(calls)) {
    const seen = []
    for (let at = 0; at < 30; at++) {
      globalThis.gc?.()
      const before = process.memoryUsage().heapUsed
      for (let i = 0; i < 50; i++) use(await call())
      seen.push((process.memoryUsage().heapUsed - before) / 50)
    }
    bytes[name] = median(seen)
  }
  return bytes
}
