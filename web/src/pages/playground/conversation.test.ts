import { describe, expect, test } from 'vitest'

import { type Answer, openCalls, type Preparation, type Question, toRequest, type Turn } from './conversation'

const preparation: Preparation = { model: 'gemini-x', system: '', parameters: {}, tools: [], toolChoice: 'auto' }
const ask = (text: string, pictures: Question['pictures'] = []): Question => ({
  role: 'user',
  id: text,
  text,
  pictures,
})
const reply = (more: Partial<Answer>): Answer => ({
  role: 'assistant',
  id: 'a',
  model: 'gemini-x',
  state: 'done',
  text: '',
  thoughts: '',
  calls: [],
  pictures: [],
  ...more,
})
const call = {
  id: 'call_1',
  type: 'function' as const,
  function: { name: 'f', arguments: '{}' },
  extra_content: { google: 1 },
}

describe('a conversation as a request', () => {
  test('is streamed, and says nothing that was not set', () => {
    expect(toRequest([ask('Hello')], preparation)).toEqual({
      model: 'gemini-x',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
      stream_options: { include_usage: true },
    })
  })

  test('begins with the system prompt, unless it is blank', () => {
    expect(toRequest([ask('x')], { ...preparation, system: 'Be kind' }).messages[0]).toEqual({
      role: 'system',
      content: 'Be kind',
    })
    expect(toRequest([ask('x')], { ...preparation, system: ' \n' }).messages).toHaveLength(1)
  })

  test('has every parameter under the name of the API', () => {
    const parameters = { temperature: 0, topP: 0.5, topK: 3, maxTokens: 9, seed: 0, stop: 'a\n\nb', json: true }
    expect(toRequest([], { ...preparation, parameters })).toMatchObject({
      temperature: 0,
      top_p: 0.5,
      top_k: 3,
      max_completion_tokens: 9,
      seed: 0,
      stop: ['a', 'b'],
      response_format: { type: 'json_object' },
    })
  })

  test('asks for thoughts in one way or the other, never in both', () => {
    const shown = toRequest([], { ...preparation, parameters: { thinking: 'shown' } })
    expect(shown).toMatchObject({ google: { thinking_config: { include_thoughts: true } } })
    expect(shown).not.toHaveProperty('reasoning_effort')
    const high = toRequest([], { ...preparation, parameters: { thinking: 'high' } })
    expect(high.reasoning_effort).toBe('high')
    expect(high).not.toHaveProperty('google')
  })

  test('sends pictures behind the text, without those that were not kept', () => {
    const pictures = [
      { name: 'a.png', url: 'data:image/png;base64,AA' },
      { name: 'gone.png', url: '' },
    ]
    expect(toRequest([ask('Look', pictures)], preparation).messages[0]?.content).toEqual([
      { type: 'text', text: 'Look' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } },
    ])
    expect(toRequest([ask('Look', [pictures[1]!])], preparation).messages[0]?.content).toBe('Look')
  })

  test('leaves out answers of which nothing came, and keeps what came of a stopped one', () => {
    const turns: Turn[] = [ask('a'), reply({ state: 'failed' }), ask('b'), reply({ state: 'stopped', text: 'Half' })]
    expect(toRequest(turns, preparation).messages.map((message) => message.content)).toEqual(['a', 'b', 'Half'])
  })

  test('brings calls back to the letter, with their signatures, and results behind them', () => {
    const turns: Turn[] = [
      ask('a'),
      reply({ calls: [call], thoughts: 'secret', extra: { google: { thought_signature: 'S' } } }),
      { role: 'tool', id: 't', results: [{ call: 'call_1', name: 'f', content: '21' }] },
    ]
    expect(toRequest(turns, preparation).messages.slice(1)).toEqual([
      { role: 'assistant', content: null, tool_calls: [call], extra_content: { google: { thought_signature: 'S' } } },
      { role: 'tool', tool_call_id: 'call_1', content: '21' },
    ])
  })

  test('names a choice of tools only where there are tools', () => {
    expect(toRequest([], { ...preparation, toolChoice: 'required' })).not.toHaveProperty('tool_choice')
    const tools = [{ type: 'google_search' }]
    expect(toRequest([], { ...preparation, tools, toolChoice: 'required' })).toMatchObject({
      tools,
      tool_choice: 'required',
    })
  })
})

test('calls wait for results only at the end, and only of an answer that is whole', () => {
  expect(openCalls([reply({ calls: [call] })])).toEqual([call])
  expect(openCalls([reply({ calls: [call], state: 'stopped' })])).toEqual([])
  expect(openCalls([reply({ calls: [call] }), { role: 'tool', id: 't', results: [] }])).toEqual([])
  expect(openCalls([])).toEqual([])
})
