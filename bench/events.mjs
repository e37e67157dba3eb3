/**
 * What reading an event stream costs over `eventsource-parser`, from the same chunks: `node bench/events.mjs`.
 */
import { createParser } from 'eventsource-parser'
import { DashClaw } from '../dist/index.js'
import { median, round, spread, turns } from './lib.mjs'

const text = new TextEncoder()

function chunksOf(whole, size) {
  const bytes = text.encode(whole)
  const chunks = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  return chunks
}
const event = (id, type, data) => `id: mem-${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`

/** A stream of the platform's kind: one event in ten is about an approval. */
const TYPES = ['action.created', 'token.usage', 'signal.detected', 'message.created']
let many = ''
for (let id = 1; id <= 20_000; id++) {
  const type = id % 10 ? TYPES[id % TYPES.length] : 'action.updated'
  many += event(id, type, { action_id: `act_${id}`, status: 'running', goal: 'x'.repeat(id % 300), at: id })
}
const large = event(1, 'action.updated', { action_id: 'act_1', text: 'y'.repeat(2_000_000) })

const body = (chunks) => {
  let at = 0
  return new ReadableStream({
    pull: (controller) => (at < chunks.length ? controller.enqueue(chunks[at++]) : controller.close()),
  })
}

/** The parser with the loop around it that one would write. */
async function peer(chunks, total, wants) {
  let seen = 0
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const value = JSON.parse(data)
      if ((!wants || wants === event) && value) seen++
    },
  })
  const reader = body(chunks).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    parser.feed(decoder.decode(value, { stream: true }))
  }
  if (seen !== total) throw new Error(`${seen} events of ${total}`)
}

async function ours(chunks, total, wants) {
  const fetch = async () => new Response(body(chunks), { headers: { 'content-type': 'text/event-stream' } })
  const claw = new DashClaw({ baseUrl: 'http://bench.test', apiKey: 'bench-key', agentId: 'bench', fetch })
  let seen = 0
  const stream = claw.events({ reconnect: false, ...(wants && { types: [wants] }) })
  await new Promise((resolve) => {
    stream.on(wants ?? '*', (event) => {
      if (event && ++seen === total) resolve()
    })
  })
  stream.close()
}

const rows = []
for (const [stream, chunks, total, wants, calls] of [
  ['every event, 16 kB chunks', chunksOf(many, 16_384), 20_000, undefined, 1],
  ['one type of five, 16 kB chunks', chunksOf(many, 16_384), 2_000, 'action.updated', 1],
  ['one event of 2 MB, 1 kB chunks', chunksOf(large, 1024), 1, undefined, 3],
]) {
  const taken = await turns(
    { 'eventsource-parser': () => peer(chunks, total, wants), dashclaw: () => ours(chunks, total, wants) },
    { calls, rounds: 15, warm: 4 },
  )
  rows.push({
    stream,
    'eventsource-parser, ms': round(median(taken['eventsource-parser'].us) / 1000, 1),
    'dashclaw, ms': round(median(taken['dashclaw'].us) / 1000, 1),
    ...spread(taken['dashclaw'].ratios),
  })
}
console.table(rows)
