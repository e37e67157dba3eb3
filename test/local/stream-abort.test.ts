import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createLocalServer, type LocalServer } from '../../src/local/index.ts'

/** Collects what nobody holds, such as a request whose answer is still on its way. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let round = 0; round < 10; round++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

test.each([
  ['a text and options', (url: string, init: RequestInit): Parameters<LocalServer['fetch']> => [url, init]],
  ['a Request', (url: string, init: RequestInit): Parameters<LocalServer['fetch']> => [new Request(url, init)]],
])('a stream opened with %s ends with the caller’s reason, long after its request is gone', async (_form, call) => {
  const local = createLocalServer()
  const controller = new AbortController()
  const init = { headers: { 'x-api-key': 'local' }, signal: controller.signal }
  const answer = await local.fetch(...call(`${local.baseUrl}/api/stream`, init))
  const reader = answer.body!.getReader()
  await reader.read()
  await collect()
  const next = reader.read()
  const reason = new Error('enough')
  controller.abort(reason)
  // A stream that missed the abort goes on with this event.
  local.emit('loop.updated', {})
  await expect(next).rejects.toBe(reason)
})
