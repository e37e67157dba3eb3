import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, frame } from './proxy.ts'

/** What can happen to a request before the server sees it. */
export const BEFORE = [
  'drop-before',
  'reset-before',
  'stall-before',
  'half-close-before',
  'garbage',
  'status-before',
  'html-before',
  'empty-before',
  'json-before',
  'redirect-same',
  'redirect-other',
] as const

/** What can happen to its answer after the server acted. */
export const AFTER = [
  'drop-after',
  'reset-after',
  'stall-headers',
  'stall-body',
  'cut-body',
  'cut-json',
  'status-after',
  'html-after',
  'empty-after',
  'json-after',
  'huge',
  'trickle',
  'until-close',
] as const

export type FaultKind = (typeof BEFORE)[number] | (typeof AFTER)[number]

const KINDS = [...BEFORE, ...AFTER]

export interface Fault {
  kind: FaultKind
  /** For the `status-` kinds. */
  status?: number
  headers?: Record<string, string>
  /** For the `json-` kinds. */
  body?: string
  /** How many bytes of an event stream pass before it breaks. */
  bytes?: number
}

/** Where `redirect-other` points; whoever asks there followed a redirect. */
export const ELSEWHERE = { url: 'http://127.0.0.1:9/elsewhere' }

const PAGE = '<!doctype html><title>Welcome</title><p>Please sign in to the network.'
const HTML = { 'content-type': 'text/html' }
const JSON_TYPE = { 'content-type': 'application/json' }

/** JSON of every type that an answer must not have. */
export const WRONG = [
  'null',
  '0',
  '"ok"',
  'true',
  '[]',
  '[{}]',
  '{}',
  '{"action":7}',
  '{"action":{"status":7}}',
  '{"actions":{}}',
]

/** The status codes of a bad day, with what servers and proxies say about when to come back; also what makes no sense. */
const STATUS: [status: number, retryAfter?: string][] = [
  [408],
  [409],
  [429],
  [429, '0'],
  [429, '-5'],
  [429, 'soon'],
  [429, '0.02'],
  [429, '1e3'],
  [429, '0x10'],
  [429, 'Thu, 01 Jan 1970 00:00:00 GMT'],
  [429, 'Thu, 99 Foo 2026 77:00:00 GMT'],
  [500],
  [502],
  [503],
  [503, '0'],
  [503, '0.05'],
  [503, 'Thu, 01 Jan 1970 00:00:00 GMT'],
  [504],
]

/** Plays a fault that comes before the server. True when the request ends with it. */
export async function before(fault: Fault, socket: Socket): Promise<boolean> {
  const say = (status: number, headers: Record<string, string>, body: string) => {
    socket.write(frame({ status, headers, body: Buffer.from(body) }))
    return true
  }
  switch (fault.kind) {
    case 'drop-before':
      socket.destroy()
      return true
    case 'reset-before':
      socket.resetAndDestroy()
      return true
    case 'half-close-before':
      // The proxy has said all it had to say, which is nothing; it still listens.
      socket.end()
      return true
    case 'stall-before':
      await gone(socket)
      return true
    case 'garbage':
      socket.end('\x16\x03\x01\x02\x00 this is not HTTP\r\n\r\n')
      return true
    case 'status-before':
      return say(fault.status ?? 500, fault.headers ?? {}, '{"error":"A bad day"}')
    case 'html-before':
      return say(200, HTML, PAGE)
    case 'empty-before':
      return say(200, JSON_TYPE, '')
    case 'json-before':
      return say(200, JSON_TYPE, fault.body ?? '{}')
    case 'redirect-same':
      return say(307, { location: '/api/health' }, '')
    case 'redirect-other':
      return say(308, { location: ELSEWHERE.url }, '')
    default:
      return false
  }
}

/** Plays a fault that comes after the server acted. True when the answer is out, or never comes. */
export async function after(fault: Fault, socket: Socket, answer: Answer): Promise<boolean> {
  const bytes = frame(answer)
  const half = bytes.length - Math.ceil(answer.body.length / 2)
  const say = (other: Partial<Answer>) => socket.write(frame({ ...answer, ...other }))
  switch (fault.kind) {
    case 'drop-after':
      socket.destroy()
      break
    case 'reset-after':
      socket.resetAndDestroy()
      break
    case 'stall-headers':
      await gone(socket)
      break
    case 'stall-body':
      socket.write(bytes.subarray(0, half))
      await gone(socket)
      break
    case 'cut-body':
      socket.end(bytes.subarray(0, half))
      break
    case 'cut-json':
      say({ body: answer.body.subarray(0, answer.body.length >> 1) })
      break
    case 'status-after':
      say({ status: fault.status ?? 500, headers: fault.headers ?? {}, body: Buffer.from('upstream trouble') })
      break
    case 'html-after':
      say({ headers: HTML, body: Buffer.from(PAGE) })
      break
    case 'empty-after':
      say({ body: Buffer.alloc(0) })
      break
    case 'json-after':
      say({ status: 200, body: Buffer.from(fault.body ?? '{}') })
      break
    case 'huge':
      say({ body: Buffer.alloc(300_000, ' ') })
      break
    case 'trickle':
      for (let at = 0; at < bytes.length && !socket.destroyed; at += 512) {
        socket.write(bytes.subarray(at, at + 512))
        await pause(1)
      }
      break
    case 'until-close':
      // Neither length nor chunks: the answer ends with the connection, which HTTP/1.0 servers do.
      socket.end(
        Buffer.concat([
          Buffer.from(`HTTP/1.0 ${answer.status} OK\r\ncontent-type: application/json\r\n\r\n`),
          answer.body,
        ]),
      )
      break
    default:
      return false
  }
  return true
}

const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })

/** Numbers from 0 to 1 that follow from a seed and a key alone, whatever ran before or beside. */
export function rolls(seed: number, key: string): () => number {
  const digest = createHash('sha256').update(`${seed}|${key}`).digest()
  let at = 0
  return () => digest.readUInt32LE((at++ * 4) % 32) / 2 ** 32
}

export const pick = <T>(list: readonly T[], roll: number): T => list[Math.floor(roll * list.length)]!

/** The fault of one try of one request: the same for the same seed, call, route and try. */
export function chooseFault(seed: number, key: string, attempt: number): Fault | undefined {
  const roll = rolls(seed, `${key}#${attempt}`)
  if (roll() > [0.4, 0.3, 0.2][attempt - 1]! && attempt <= 3) return undefined
  if (attempt > 3 && roll() > 0.1) return undefined
  let kind = pick<FaultKind>(KINDS, roll())
  // A stall costs a time limit: there are fewer of them.
  if (kind.startsWith('stall') && roll() < 0.7) kind = 'drop-after'
  const fault: Fault = { kind }
  if (kind === 'status-before') {
    const [status, retryAfter] = pick(STATUS, roll())
    fault.status = status
    if (retryAfter !== undefined) fault.headers = { 'retry-after': retryAfter }
  }
  if (kind === 'status-after') fault.status = pick([408, 500, 502, 503, 504], roll())
  if (kind === 'json-before' || kind === 'json-after') fault.body = pick(WRONG, roll())
  fault.bytes = Math.floor(roll() * 4000)
  return fault
}
