import { dashclawHooks, dashclawUsage } from 'dashclaw/mastra'
import { describe, expect, test, vi } from 'vitest'
import { rejection, rows, setup } from '../support/local.ts'
import { HOLD } from '../support/tool-policies.ts'

const call = (input: unknown, context: unknown = { toolCallId: 'call-1' }) => ({ toolName: 'pay', input, context })

describe('the hooks', () => {
  test('pair a call with its result by the object that both get, not by its id', async () => {
    const { claw, server } = setup()
    const hooks = dashclawHooks(claw)
    const [one, two] = [call({ to: 'ann' }), call({ to: 'bob' })]
    await hooks.beforeToolCall(one)
    await hooks.beforeToolCall(two)
    await hooks.afterToolCall({ ...one, output: 'paid ann' })
    await hooks.afterToolCall({ ...two, error: new Error('no money') })
    await hooks.afterToolCall({ ...two, output: 'told twice' })
    expect(rows(server)).toMatchObject([
      { input_summary: '{"to":"ann"}', output_summary: 'paid ann', status: 'completed' },
      { input_summary: '{"to":"bob"}', error_message: 'no money', status: 'failed' },
    ])
  })

  test('end the inner call first when both an agent and its workspace have them', async () => {
    const { claw, server } = setup()
    const hooks = dashclawHooks(claw)
    const context = {}
    const [outer, inner] = [call('outer', context), call('inner', context)]
    await hooks.beforeToolCall(outer)
    await hooks.beforeToolCall(inner)
    await hooks.afterToolCall({ ...inner, output: 1 })
    await hooks.afterToolCall({ ...outer, output: 2 })
    expect(rows(server)).toMatchObject([
      { input_summary: 'outer', output_summary: '2' },
      { input_summary: 'inner', output_summary: '1' },
    ])
  })

  test('ask nothing where skip says so', async () => {
    const { claw, server } = setup()
    const hooks = dashclawHooks(claw, { skip: ({ name, id }) => name === 'pay' && id === 'call-1' })
    expect(await hooks.beforeToolCall(call(1))).toBeUndefined()
    await hooks.afterToolCall({ ...call(1), output: 2 })
    expect(server.requests).toEqual([])
  })

  test('refuse arguments that changed while a person decided', async () => {
    const { claw, server } = setup({}, { policies: [HOLD] })
    const input = { cents: 5 }
    const onPending = ({ action_id }: { action_id: string }) => {
      input.cents = 5000
      server.approve(action_id)
    }
    const refusal = await dashclawHooks(claw, { onPending }).beforeToolCall(call(input))
    expect(refusal).toMatchObject({ proceed: false, output: expect.stringContaining('did not run') })
    expect(rows(server)).toMatchObject([{ status: 'failed' }])
  })

  test('do not tell the model that a call is held when its ticket can not be kept', async () => {
    const { claw } = setup({}, { policies: [HOLD] })
    const lost = new Error('no disk')
    const hooks = dashclawHooks(claw, { wait: false, onHeld: () => Promise.reject(lost) })
    expect(await rejection(hooks.beforeToolCall(call(1)))).toBe(lost)
  })

  test('give up the oldest call of more than 10,000, so that forgotten ones do not pile up', async () => {
    const ended = vi.fn(async () => {})
    const track = vi.fn((_input, work) => Promise.resolve(work({})).catch(ended))
    const hooks = dashclawHooks({ track } as never)
    for (let at = 0; at <= 10_000; at++) await hooks.beforeToolCall(call(at, {}))
    expect(track).toHaveBeenCalledTimes(10_001)
    expect(ended).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ message: 'Nobody told how this call ended.' }),
    )
  })

  test('need a client', () => {
    expect(() => dashclawHooks({} as never)).toThrow(/claw must be a client/)
  })
})

describe('the processor', () => {
  const finish = (usage?: object) => ({ type: 'finish', payload: { output: { usage } } })
  const report = (...answers: [chunks: { type: string; payload?: unknown }[], fromCache?: boolean][]) => {
    const queueTokenUsage = vi.fn()
    const processor = dashclawUsage({ queueTokenUsage })
    for (const [chunks, fromCache = false] of answers) {
      processor.processLLMResponse({ chunks, fromCache, model: { modelId: 'm' } })
    }
    return queueTokenUsage.mock.calls.flat()
  }

  test('reports what the last chunk of an answer says', () => {
    const text = { type: 'text-delta', payload: { text: 'Hi' } }
    expect(report([[text, finish({ inputTokens: 5, outputTokens: 2 })]])).toEqual([
      { tokens_in: 5, tokens_out: 2, model: 'm' },
    ])
  })

  test('reports nothing for answers from a cache, without figures, or without an end', () => {
    expect(
      report([[finish({ inputTokens: 5 })], true], [[finish()]], [[finish({})]], [[{ type: 'text-delta' }]]),
    ).toEqual([])
  })
})
