import { expect, test } from 'vitest'

import { takeEvent } from './completion'
import type { Answer } from './conversation'

const empty = (): Answer => ({
  role: 'assistant',
  id: 'a',
  model: 'm',
  state: 'running',
  text: '',
  thoughts: '',
  calls: [],
  pictures: [],
})
const chunk = (delta: object, more: object = {}) => JSON.stringify({ choices: [{ index: 0, delta, ...more }] })

test('text and thoughts are gathered apart', () => {
  const answer = empty()
  takeEvent(answer, chunk({ role: 'assistant', content: null }))
  takeEvent(answer, chunk({ reasoning_content: 'Hm. ' }))
  takeEvent(answer, chunk({ content: 'He' }))
  takeEvent(answer, chunk({ content: 'llo' }, { finish_reason: 'stop' }))
  expect(answer).toMatchObject({ text: 'Hello', thoughts: 'Hm. ', finish: 'stop' })
  expect(takeEvent(answer, '[DONE]')).toBe(true)
})

test('calls come whole, several at a time, or in pieces', () => {
  const answer = empty()
  const one = { index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' }, extra_content: { google: 1 } }
  takeEvent(answer, chunk({ tool_calls: [one, { index: 1, id: 'b', function: { name: 'g', arguments: '{}' } }] }))
  takeEvent(answer, chunk({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }))
  expect(answer.calls).toEqual([
    { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' }, extra_content: { google: 1 } },
    { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
  ])
})

test('of pictures only data is taken', () => {
  const answer = empty()
  const image = (url: string) => ({ type: 'image_url', image_url: { url } })
  takeEvent(answer, chunk({ images: [image('data:image/png;base64,AA'), image('https://example.org/x.png')] }))
  expect(answer.pictures).toEqual(['data:image/png;base64,AA'])
})

test('what Gemini wants back is kept: its parts are all wanted', () => {
  const answer = empty()
  takeEvent(answer, chunk({ extra_content: { google: { parts: [1], thought_signature: 'a' } } }))
  takeEvent(answer, chunk({ extra_content: { google: { parts: [2], thought_signature: 'b' } } }))
  expect(answer.extra).toEqual({ google: { parts: [1, 2], thought_signature: 'b' } })
})

test('thinking is counted apart from the answer', () => {
  const answer = empty()
  const usage = {
    prompt_tokens: 32,
    completion_tokens: 91,
    prompt_tokens_details: { cached_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 64 },
  }
  takeEvent(answer, JSON.stringify({ choices: [], usage }))
  expect(answer.usage).toEqual({ prompt: 32, cached: 5, thoughts: 64, output: 27 })
})

test('an error inside the stream ends it with its words', () => {
  const answer = empty()
  expect(takeEvent(answer, '{"error":{"message":"The model is overloaded."}}')).toBe(true)
  expect(answer).toMatchObject({ state: 'failed', failure: 'The model is overloaded.' })
})

test.each(['', '{', 'null', '[]', '7', '{"choices":7}', '{"choices":[null,{"delta":7}]}', '{"usage":[]}'])(
  'what is no event changes nothing: %j',
  (data) => {
    const answer = empty()
    expect(takeEvent(answer, data)).toBe(false)
    expect(answer).toEqual(empty())
  },
)
