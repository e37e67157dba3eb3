/** What the tests of the OpenAI Agents SDK share: a server for each test, a scripted model, a tool. */
import {
  type AgentInputItem,
  type Model,
  type ModelRequest,
  type StreamEvent,
  setTracingDisabled,
  tool,
  Usage,
} from '@openai/agents'
import { vi } from 'vitest'
import { z } from 'zod'
import { serverPerTest } from './server.ts'

export { admin, BLOCK, claw, HOLD, listening, pending, type Row, rows, server, tokens } from './server.ts'

setTracingDisabled(true)

serverPerTest()

export type Call = [name: string, args: object, id?: string]
/** Gives what the script says, turn by turn, and remembers what it was asked. Each turn uses 10 tokens in and 5 out. */
export class Scripted implements Model {
  requests: ModelRequest[] = []
  #ids = 0
  constructor(readonly turns: (string | Call[])[]) {}
  #next(request: ModelRequest) {
    this.requests.push({ ...request, input: structuredClone(request.input) })
    const turn = this.turns[this.requests.length - 1] ?? 'done'
    const output =
      typeof turn === 'string'
        ? [
            {
              type: 'message' as const,
              role: 'assistant' as const,
              status: 'completed' as const,
              content: [{ type: 'output_text' as const, text: turn }],
            },
          ]
        : turn.map(([name, args, id]) => ({
            type: 'function_call' as const,
            callId: id ?? `call_${++this.#ids}`,
            name,
            arguments: JSON.stringify(args),
            status: 'completed' as const,
          }))
    return { output, usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 } }
  }
  async getResponse(request: ModelRequest) {
    const { output, usage } = this.#next(request)
    return { output, usage: new Usage({ requests: 1, ...usage }) }
  }
  async *getStreamedResponse(request: ModelRequest): AsyncIterable<StreamEvent> {
    const { output, usage } = this.#next(request)
    yield { type: 'response_started' }
    yield { type: 'response_done', response: { id: `r${this.requests.length}`, output, usage } }
  }
  /** What the model was told about its calls at the last turn. */
  get told(): unknown[] {
    const input = this.requests.at(-1)?.input as AgentInputItem[]
    return input.flatMap((item) =>
      item.type === 'function_call_result' ? [(item.output as { text?: string }).text ?? item.output] : [],
    )
  }
}

export const mail = (extra: { timeoutMs?: number; errorFunction?: null; result?: (to: string) => unknown } = {}) => {
  const { result = (to: string) => `sent to ${to}`, ...options } = extra
  const execute = vi.fn(async ({ to }: { to: string; body?: string | undefined }) => result(to))
  return {
    execute,
    tool: tool({
      name: 'send_mail',
      description: 'Sends a mail',
      parameters: z.object({ to: z.string(), body: z.string().optional() }),
      ...options,
      execute,
    }),
  }
}
