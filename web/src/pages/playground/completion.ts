// An answer as it comes, piece by piece.
import type { Answer, ToolCall, Usage } from './conversation'

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const countOf = (value: unknown): number => (typeof value === 'number' ? value : 0)
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])

/** Adds what one event of the stream says to the answer; true when it was the last. */
export function takeEvent(answer: Answer, data: string): boolean {
  if (data === '[DONE]') return true
  let chunk: unknown
  try {
    chunk = JSON.parse(data)
  } catch {
    return false
  }
  if (!isFields(chunk)) return false
  if (isFields(chunk.error)) {
    answer.state = 'failed'
    answer.failure = textOf(chunk.error.message)
    return true
  }
  for (const choice of listOf(chunk.choices)) takeChoice(answer, choice)
  if (isFields(chunk.usage)) answer.usage = readUsage(chunk.usage)
  return false
}

function takeChoice(answer: Answer, choice: Fields): void {
  if (typeof choice.finish_reason === 'string') answer.finish = choice.finish_reason
  if (!isFields(choice.delta)) return
  const { delta } = choice
  answer.text += textOf(delta.content) + textOf(delta.refusal)
  answer.thoughts += textOf(delta.reasoning_content)
  for (const call of listOf(delta.tool_calls)) takeCall(answer.calls, call)
  for (const image of listOf(delta.images)) takePicture(answer.pictures, image)
  if (isFields(delta.extra_content)) answer.extra = merge(answer.extra, delta.extra_content)
}

/** A call comes whole or in pieces; its pieces have one `index`. */
function takeCall(calls: ToolCall[], piece: Fields): void {
  const index = typeof piece.index === 'number' ? piece.index : calls.length
  const told = isFields(piece.function) ? piece.function : {}
  const known = calls[index]
  if (known === undefined) {
    calls.push({
      id: textOf(piece.id),
      type: 'function',
      function: { name: textOf(told.name), arguments: textOf(told.arguments) },
      ...(isFields(piece.extra_content) ? { extra_content: piece.extra_content } : {}),
    })
    return
  }
  known.function.name += textOf(told.name)
  known.function.arguments += textOf(told.arguments)
  if (isFields(piece.extra_content)) known.extra_content = piece.extra_content
}

function takePicture(pictures: string[], image: Fields): void {
  const url = isFields(image.image_url) ? textOf(image.image_url.url) : ''
  if (url.startsWith('data:image/')) pictures.push(url)
}

/** Later values win; Gemini's parts come one after the other and are all wanted. */
function merge(known: Fields | undefined, more: Fields): Fields {
  const merged: Fields = { ...known }
  for (const [name, value] of Object.entries(more)) {
    const before = merged[name]
    if (Array.isArray(before) && Array.isArray(value))
      merged[name] = [...(before as unknown[]), ...(value as unknown[])]
    else if (isFields(before) && isFields(value)) merged[name] = merge(before, value)
    else merged[name] = value
  }
  return merged
}

function readUsage(usage: Fields): Usage {
  const prompt = isFields(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {}
  const completion = isFields(usage.completion_tokens_details) ? usage.completion_tokens_details : {}
  const thoughts = countOf(completion.reasoning_tokens)
  return {
    prompt: countOf(usage.prompt_tokens),
    cached: countOf(prompt.cached_tokens),
    thoughts,
    output: Math.max(0, countOf(usage.completion_tokens) - thoughts),
  }
}
