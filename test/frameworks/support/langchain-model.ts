import { BaseChatModel, type BaseChatModelParams } from '@langchain/core/language_models/chat_models'
import { AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs'
import OpenAI from 'openai'

export interface WireOptions extends BaseChatModelParams {
  /** Where the server is. */
  url: string
  model?: string
  /** How many answers to ask for. */
  n?: number
  tools?: readonly { name: string }[]
}

/** A chat model of LangChain's over the client of OpenAI's, as far as the tests need one. */
export class WireModel extends BaseChatModel {
  readonly options: WireOptions
  readonly model: string
  readonly client: OpenAI

  constructor(options: WireOptions) {
    super(options)
    this.options = options
    this.model = options.model ?? 'm'
    this.client = new OpenAI({ apiKey: 'k', baseURL: `${options.url}/v1`, maxRetries: 0 })
  }
  override _llmType(): string {
    return 'wire'
  }
  override getLsParams(options: this['ParsedCallOptions']) {
    return { ...super.getLsParams(options), ls_model_name: this.model }
  }
  override bindTools(tools: object[]): WireModel {
    return new WireModel({ ...this.options, tools: tools as { name: string }[] })
  }
  request(messages: BaseMessage[]) {
    const { tools, n } = this.options
    return {
      model: this.model,
      messages: messages.map(({ type, text }) =>
        type === 'tool'
          ? { role: 'tool' as const, tool_call_id: 'call_1', content: text }
          : { role: 'user' as const, content: text },
      ),
      ...(n && { n }),
      ...(tools && { tools: tools.map(({ name }) => ({ type: 'function' as const, function: { name } })) }),
    }
  }

  override async _generate(messages: BaseMessage[]): Promise<ChatResult> {
    const { choices, usage, model } = await this.client.chat.completions.create(this.request(messages))
    const answers = Array.from({ length: this.options.n ?? 1 }, () => choices[0]!.message)
    return {
      generations: answers.map(({ content, tool_calls = [] }) => ({
        text: content ?? '',
        message: new AIMessage({
          content: content ?? '',
          tool_calls: tool_calls.map((call) => {
            const { name, arguments: args } = (call as OpenAI.ChatCompletionMessageFunctionToolCall).function
            return { id: call.id, name, args: JSON.parse(args) }
          }),
          ...fields(usage, model),
        }),
      })),
    }
  }

  override async *_streamResponseChunks(messages: BaseMessage[]): AsyncGenerator<ChatGenerationChunk> {
    const chunks = await this.client.chat.completions.create({
      ...this.request(messages),
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const { choices, usage, model } of chunks) {
      const { content, tool_calls = [] } = choices[0]?.delta ?? {}
      yield new ChatGenerationChunk({
        text: content ?? '',
        message: new AIMessageChunk({
          content: content ?? '',
          tool_call_chunks: tool_calls.map(({ index, id, function: called }) => ({
            type: 'tool_call_chunk',
            index,
            ...(id && { id }),
            ...(called?.name && { name: called.name }),
            ...(called?.arguments && { args: called.arguments }),
          })),
          ...(usage && fields(usage, model)),
        }),
      })
    }
  }
}

/** Providers say on each answer of a request what all of it used. */
const fields = (usage: OpenAI.CompletionUsage | undefined, model_name: string) =>
  ({
    response_metadata: { model_name },
    usage_metadata: usage && {
      input_tokens: usage.prompt_tokens,
      output_tokens: usage.completion_tokens,
      total_tokens: usage.total_tokens,
    },
  }) as object
