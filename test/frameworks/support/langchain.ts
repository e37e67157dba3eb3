import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { DashClaw, type DashClawOptions } from 'dashclaw'
import { createLocalServer, type LocalServer } from 'dashclaw/local'
import { fakeModel, tool } from 'langchain'
import { afterEach, beforeEach } from 'vitest'
import { z } from 'zod'
import type { Row } from './server.ts'

export { BLOCK, HOLD, type Row } from './server.ts'

/** What a model reads about a call that {@link BLOCK} blocks. */
export const NOT_ALLOWED =
  'The call of the tool "send_mail" did not run: it is not allowed (Tools: Action type "tool" is blocked by policy). Do not repeat the same call. Choose another way, or tell the user.'

export let server: LocalServer
let listening: Awaited<ReturnType<LocalServer['listen']>>
/** The clients of a test; closed at its end. */
export let clients: DashClaw[]
/** A client over real HTTP. */
export const client = (options: Partial<DashClawOptions> = {}) => {
  const claw = new DashClaw({ baseUrl: listening.url, apiKey: 'local', agentId: 'agent-1', ...options })
  clients.push(claw)
  return claw
}
/** Has to come first in a test. */
export const start = async (options: Parameters<typeof createLocalServer>[0] = {}) => {
  server = createLocalServer(options)
  listening = await server.listen()
}
beforeEach(() => {
  clients = []
})
afterEach(async () => {
  await Promise.all(clients.map((claw) => claw.close()))
  await listening.close()
  await server.close()
})

export const rows = () => (server.snapshot()['actions'] ?? []) as Row[]
export const tools = () => rows().filter((row) => row['action_type'] === 'tool')
/** Requests of a route that writes. */
export const asked = (path: string) =>
  server.requests.filter((request) => request.method === 'POST' && request.path === path)
/** The token reports that have arrived. */
export async function reports() {
  await Promise.all(clients.map((claw) => claw.flush()))
  return asked('/api/tokens').map(({ body }) => body)
}
/** A message of the model, as the packages' types do not let it be written under `exactOptionalPropertyTypes`. */
export const said = (fields: object) => new AIMessage(fields as ConstructorParameters<typeof AIMessage>[0])
/** Reads a stream to its end. */
export async function all(stream: AsyncIterable<unknown>) {
  for await (const _chunk of stream);
}
export const toolTexts = (messages: BaseMessage[]) =>
  messages.filter((m) => m instanceof ToolMessage).map((m) => m.content)

/** A tool that remembers what it was run with. */
export function mailer(
  work: (input: { to: string; body?: string | undefined }) => unknown = ({ to }) => `sent to ${to}`,
) {
  const runs: object[] = []
  const mail = tool(
    async (input) => {
      runs.push(input)
      return work(input)
    },
    {
      name: 'send_mail',
      description: 'Sends a mail',
      schema: z.object({ to: z.string(), body: z.string().optional() }),
    },
  )
  return { mail, runs }
}
export const call = (id: string, args: Record<string, unknown> = { to: 'ann' }, name = 'send_mail') => ({
  id,
  name,
  args,
})
/** A model that asks for calls, then says that it is done. */
export const scripted = (...calls: ReturnType<typeof call>[]) =>
  fakeModel()
    .respond(
      said({
        content: '',
        tool_calls: calls,
        usage_metadata: { input_tokens: 11, output_tokens: 7, total_tokens: 18 },
        response_metadata: { model_name: 'scripted' },
      }),
    )
    .respond(said({ content: 'done', usage_metadata: { input_tokens: 20, output_tokens: 1, total_tokens: 21 } }))
export const TOKENS = [
  { agent_id: 'agent-1', tokens_in: 11, tokens_out: 7, model: 'scripted' },
  { agent_id: 'agent-1', tokens_in: 20, tokens_out: 1 },
]
export const ask = { messages: [{ role: 'user' as const, content: 'Mail Ann' }] }
