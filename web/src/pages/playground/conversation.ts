// What is said in the playground, and the request that it becomes.

/** A picture that a person adds. */
export interface Picture {
  name: string
  /** A `data:` address; empty once it was too large to be kept over a reload. */
  url: string
}

/** A call of a function that the model asks for, as the API sends it; it goes back to the letter. */
export interface ToolCall {
  id: string
  type: 'function'
  function: { name: string; arguments: string }
  extra_content?: unknown
}

export interface Usage {
  prompt: number
  cached: number
  thoughts: number
  /** Of the answer, without thinking. */
  output: number
}

/** What the gateway's log says of an answer. */
export interface Served {
  /** Dollars by list prices. */
  cost: number
  saved: number
  firstTokenMs?: number
  durationMs: number
  waitedMs: number
  usage: Usage
  key?: string
}

export interface Question {
  role: 'user'
  id: string
  text: string
  pictures: Picture[]
}

export interface Answer {
  role: 'assistant'
  id: string
  model: string
  state: 'running' | 'done' | 'stopped' | 'failed'
  text: string
  thoughts: string
  calls: ToolCall[]
  /** Pictures that the model made, as `data:` addresses. */
  pictures: string[]
  /** What Gemini wants back with the message: signatures, parts. */
  extra?: Record<string, unknown>
  /** Why it ended, in the API's word. */
  finish?: string
  /** What went wrong, in words. */
  failure?: string
  usage?: Usage
  requestId?: string
  /** The upstream key that served it, masked. */
  key?: string
  attempts?: number
  /** The model that answered, where another stood in. */
  substitute?: string
  warnings?: string
  served?: Served
}

/** What the functions gave that the model called. */
export interface Results {
  role: 'tool'
  id: string
  results: { call: string; name: string; content: string }[]
}

export type Turn = Question | Answer | Results

export type Thinking = '' | 'shown' | 'none' | 'minimal' | 'low' | 'medium' | 'high'

/** What is set for a model; what is not set is as the model would have it. */
export interface Parameters {
  temperature?: number
  topP?: number
  topK?: number
  maxTokens?: number
  seed?: number
  /** One on each line. */
  stop?: string
  thinking?: Thinking
  json?: boolean
}

export interface Preparation {
  model: string
  system: string
  parameters: Parameters
  /** Tools as the API takes them. */
  tools: readonly object[]
  toolChoice: 'auto' | 'none' | 'required'
}

export interface ChatRequest {
  model: string
  messages: Record<string, unknown>[]
  stream: true
  stream_options: { include_usage: true }
  [field: string]: unknown
}

/** The request of the conversation as it stands. */
export function toRequest(turns: readonly Turn[], preparation: Preparation): ChatRequest {
  const { model, system, parameters, tools, toolChoice } = preparation
  const messages = turns.flatMap(messagesOf)
  if (system.trim() !== '') messages.unshift({ role: 'system', content: system })
  return {
    model,
    messages,
    ...fieldsOf(parameters),
    ...(tools.length > 0 ? { tools, ...(toolChoice === 'auto' ? {} : { tool_choice: toolChoice }) } : {}),
    stream: true,
    stream_options: { include_usage: true },
  }
}

function messagesOf(turn: Turn): Record<string, unknown>[] {
  switch (turn.role) {
    case 'user':
      return [{ role: 'user', content: contentOf(turn) }]
    case 'assistant':
      return isWorthSending(turn) ? [answerMessage(turn)] : []
    case 'tool':
      return turn.results.map(({ call, content }) => ({ role: 'tool', tool_call_id: call, content }))
  }
}

function contentOf({ text, pictures }: Question): unknown {
  const known = pictures.filter((picture) => picture.url !== '')
  if (known.length === 0) return text
  const parts: unknown[] = known.map(({ url }) => ({ type: 'image_url', image_url: { url } }))
  return text === '' ? parts : [{ type: 'text', text }, ...parts]
}

/** An answer of which nothing came would only confuse the model. */
function isWorthSending({ text, calls, pictures }: Answer): boolean {
  return text !== '' || calls.length > 0 || pictures.length > 0
}

function answerMessage({ text, calls, pictures, extra }: Answer): Record<string, unknown> {
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(pictures.length > 0 ? { images: pictures.map((url) => ({ type: 'image_url', image_url: { url } })) } : {}),
    ...(extra === undefined ? {} : { extra_content: extra }),
  }
}

function fieldsOf(parameters: Parameters): Record<string, unknown> {
  const { temperature, topP, topK, maxTokens, seed, stop, thinking, json } = parameters
  const stops = (stop ?? '').split('\n').filter((line) => line !== '')
  const fields: Record<string, unknown> = {
    temperature,
    top_p: topP,
    top_k: topK,
    max_completion_tokens: maxTokens,
    seed,
    stop: stops.length > 0 ? stops : undefined,
    response_format: json ? { type: 'json_object' } : undefined,
    reasoning_effort: thinking && thinking !== 'shown' ? thinking : undefined,
    google: thinking === 'shown' ? { thinking_config: { include_thoughts: true } } : undefined,
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** The calls of the last answer that wait for their results. */
export function openCalls(turns: readonly Turn[]): ToolCall[] {
  const last = turns.at(-1)
  return last?.role === 'assistant' && last.state === 'done' ? last.calls : []
}
