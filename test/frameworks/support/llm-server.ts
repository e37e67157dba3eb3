import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that the server got. */
export interface LLMRequest {
  path: string
  body: Record<string, unknown>
}

/** What each kind of call uses, as it stands on the wire. */
export const USAGE = {
  chat: {
    prompt_tokens: 11,
    completion_tokens: 7,
    total_tokens: 18,
    prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 3 },
  },
  responses: {
    input_tokens: 21,
    input_tokens_details: { cached_tokens: 5 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 6 },
    total_tokens: 30,
  },
  embeddings: { prompt_tokens: 8, total_tokens: 8 },
  messages: { input_tokens: 13, cache_creation_input_tokens: 20, cache_read_input_tokens: 100, output_tokens: 17 },
  gemini: {
    promptTokenCount: 31,
    cachedContentTokenCount: 10,
    candidatesTokenCount: 12,
    thoughtsTokenCount: 5,
    toolUsePromptTokenCount: 2,
    totalTokenCount: 50,
  },
}

/**
 * Speaks the wire of OpenAI, Anthropic and Gemini on a loopback port. The model decides how a call goes: `strict` refuses
 * `stream_options`, `breaks` sends an error event in the middle, `cut` breaks the connection, `hangs` never ends, `bad` is refused.
 */
export async function startLLM() {
  const requests: LLMRequest[] = []
  const server = createServer(async (incoming, outgoing) => {
    let text = ''
    for await (const part of incoming.setEncoding('utf8')) text += part
    const body = text ? JSON.parse(text) : {}
    const path = incoming.url ?? ''
    requests.push({ path, body })
    answer(outgoing, path, body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

type Body = Record<string, unknown>
type Json = (value: unknown, status?: number) => void

const HEADERS = { 'x-request-id': 'req_1', 'request-id': 'req_1' }

function answer(outgoing: ServerResponse, path: string, body: Body): void {
  const model = String(body['model'] ?? /models\/([^:]+)/.exec(path)?.[1])
  const json: Json = (value, status = 200) => {
    outgoing.writeHead(status, { 'content-type': 'application/json', ...HEADERS })
    outgoing.end(JSON.stringify(value))
  }
  if (model === 'bad') {
    return json({ type: 'error', error: { type: 'invalid_request_error', message: 'No such model', code: 400 } }, 400)
  }
  if (path.startsWith('/v1/chat/completions')) return chat(outgoing, json, body, model)
  if (path.startsWith('/v1/completions')) return completions(outgoing, json, body, model)
  if (path.startsWith('/v1/responses')) return responses(outgoing, json, body, model)
  if (path.startsWith('/v1/messages')) return messages(outgoing, json, body, model)
  if (path.startsWith('/v1/embeddings')) {
    return json({
      object: 'list',
      model: `${model}-2026`,
      data: [{ object: 'embedding', index: 0, embedding: body['encoding_format'] === 'base64' ? 'AACAPw==' : [1] }],
      usage: USAGE.embeddings,
    })
  }
  if (path.includes(':generateContent')) return json(gemini(model, 'Hello', body))
  if (path.includes(':streamGenerateContent')) {
    const [first, last] = [gemini(model, 'Hel', body), gemini(model, 'lo', body)]
    const early = { ...first, candidates: [{ ...first.candidates[0], finishReason: undefined }] }
    early.usageMetadata = { ...USAGE.gemini, candidatesTokenCount: 1 }
    return events(outgoing, model, [early, last])
  }
  json({ error: { message: `no route ${path}` } }, 404)
}

/** Sends events one by one; with `names`, each under its own type. */
function events(outgoing: ServerResponse, model: string, list: readonly object[], done = '', names = false): void {
  outgoing.writeHead(200, { 'content-type': 'text/event-stream', ...HEADERS })
  const write = (event: object) => {
    const { type } = event as { type: string }
    outgoing.write(`${names ? `event: ${type}\n` : ''}data: ${JSON.stringify(event)}\n\n`)
  }
  if (model === 'hangs' || model === 'breaks' || model === 'cut') {
    for (const event of list.slice(0, 2)) write(event)
    if (model === 'breaks') {
      write({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
      outgoing.end()
    } else if (model === 'cut') setTimeout(() => outgoing.destroy(), 20)
    return
  }
  for (const event of list) write(event)
  outgoing.end(done)
}

function chat(outgoing: ServerResponse, json: Json, body: Body, model: string): void {
  const base = { id: 'chatcmpl-1', created: 1, model: `${model}-2026`, system_fingerprint: 'fp' }
  const content = body['response_format'] ? '{"ok":true}' : 'Hello'
  if (model === 'strict' && body['stream_options']) {
    return json({ error: { message: 'Extra inputs are not permitted', type: 'invalid_request_error' } }, 400)
  }
  const last = (body['messages'] as { role: string }[]).at(-1)
  const calls = body['tools'] && last?.role !== 'tool'
  const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }
  if (!body['stream']) {
    const message = calls
      ? { role: 'assistant', content: null, refusal: null, tool_calls: [call] }
      : { role: 'assistant', content, refusal: null }
    const choice = { index: 0, message, finish_reason: calls ? 'tool_calls' : 'stop', logprobs: null }
    return json({ ...base, object: 'chat.completion', choices: [choice], usage: USAGE.chat })
  }
  const include = (body['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    ...base,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason, logprobs: null }],
    ...(include && { usage: null }),
  })
  const list: object[] = calls
    ? [chunk({ role: 'assistant', content: null, tool_calls: [call] }), chunk({}, 'tool_calls')]
    : [
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: content.slice(0, 3) }),
        chunk({ content: content.slice(3) }),
        chunk({}, 'stop'),
      ]
  if (include) list.push({ ...base, object: 'chat.completion.chunk', choices: [], usage: USAGE.chat })
  events(outgoing, model, list, 'data: [DONE]\n\n')
}

function completions(outgoing: ServerResponse, json: Json, body: Body, model: string): void {
  const base = { id: 'cmpl-1', object: 'text_completion', created: 1, model: `${model}-2026` }
  const choices = [{ text: 'Hello', index: 0, finish_reason: 'stop', logprobs: null }]
  if (!body['stream']) return json({ ...base, choices, usage: USAGE.chat })
  const last = { ...base, choices: [], usage: USAGE.chat }
  events(outgoing, model, [{ ...base, choices }, ...(body['stream_options'] ? [last] : [])], 'data: [DONE]\n\n')
}

function responses(outgoing: ServerResponse, json: Json, body: Body, model: string): void {
  const text = body['text'] ? '{"ok":true}' : 'Hello'
  const part = { type: 'output_text', text, annotations: [], logprobs: [] }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [part] }
  const base = { id: 'resp_1', object: 'response', created_at: 1, model: `${model}-2026`, tools: [], error: null }
  const whole = { ...base, status: 'completed', output: [message], usage: USAGE.responses }
  if (!body['stream']) return json(whole)
  const started = { ...base, status: 'in_progress', output: [], usage: null }
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
  const list = [
    { type: 'response.created', response: started },
    { type: 'response.output_item.added', output_index: 0, item: { ...message, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
    { type: 'response.output_text.delta', ...at, delta: text, logprobs: [] },
    { type: 'response.output_text.done', ...at, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part },
    { type: 'response.output_item.done', output_index: 0, item: message },
    { type: 'response.completed', response: whole },
  ].map((event, sequence_number) => ({ ...event, sequence_number }))
  events(outgoing, model, list, '', true)
}

function messages(outgoing: ServerResponse, json: Json, body: Body, model: string): void {
  const text = body['output_config'] || body['output_format'] ? '{"ok":true}' : 'Hello'
  const base = { id: 'msg_1', type: 'message', role: 'assistant', model: `${model}-2026`, stop_sequence: null }
  if (!body['stream']) {
    return json({ ...base, content: [{ type: 'text', text }], stop_reason: 'end_turn', usage: USAGE.messages })
  }
  const usage = { ...USAGE.messages, output_tokens: 2 }
  const list = [
    { type: 'message_start', message: { ...base, content: [], stop_reason: null, usage } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: USAGE.messages.output_tokens },
    },
    { type: 'message_stop' },
  ]
  events(outgoing, model, list, '', true)
}

function gemini(model: string, text: string, body: Body) {
  const contents = body['contents'] as { parts: object[] }[]
  const answered = contents.at(-1)?.parts.some((part) => 'functionResponse' in part)
  const parts = body['tools'] && !answered ? [{ functionCall: { name: 'add', args: { a: 1 } } }] : [{ text }]
  return {
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
    modelVersion: `${model}-2026`,
    usageMetadata: { ...USAGE.gemini },
  }
}
