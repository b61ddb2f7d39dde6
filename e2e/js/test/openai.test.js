// Chat completions and embeddings, by OpenAI's own SDK.

import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

import OpenAI, { AuthenticationError, BadRequestError, NotFoundError } from 'openai'

import { ACCESS_KEY, collect, eventually, startPair } from '../support.js'

const model = 'gemini-2.5-flash'
const signing = 'gemini-3.1-pro-preview'
const gap = await startPair()
const connect = (url, apiKey = ACCESS_KEY) => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
const client = connect(gap.url)
const ask = (content) => [{ role: 'user', content }]
const tools = [
  {
    type: 'function',
    function: {
      name: 'current_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city', 'days'] },
    },
  },
  { type: 'function', function: { name: 'current_time' } },
]

beforeEach(() => gap.sim.reset())

test('text in, text out', async () => {
  const answer = await client.chat.completions.create({ model, messages: ask('[[sim: text="Hello from upstream"]]') })
  assert.equal(answer.choices[0].message.content, 'Hello from upstream')
  assert.equal(answer.choices[0].finish_reason, 'stop')
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)
})

test('a stream arrives in pieces and sums up', async () => {
  const messages = ask('[[sim: chunks=12 chunk_bytes=40]]')
  const stream = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } })
  const pieces = []
  stream.on('content', (delta) => pieces.push(delta))
  const final = await stream.finalChatCompletion()
  assert.ok(pieces.length >= 12)
  assert.equal(final.choices[0].message.content, pieces.join(''))
  assert.equal(final.choices[0].finish_reason, 'stop')
  assert.ok(final.usage.total_tokens > 0)
})

for (const name of [model, signing]) {
  test(`parallel calls survive a turn on ${name}`, async () => {
    const messages = ask('[[sim: calls=current_weather,current_time]] Oslo?')
    const first = await client.chat.completions.create({ model: name, messages, tools })
    const calls = first.choices[0].message.tool_calls
    assert.equal(first.choices[0].finish_reason, 'tool_calls')
    assert.deepEqual(calls.map((call) => call.function.name), ['current_weather', 'current_time'])
    assert.ok(Number.isInteger(JSON.parse(calls[0].function.arguments).days))
    // Only what OpenAI's reference names: extra fields do not come back from most clients.
    const tool_calls = calls.map(({ id, function: { name, arguments: text } }) => ({ id, type: 'function', function: { name, arguments: text } }))
    const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'sunny' }))
    const history = [...messages, { role: 'assistant', content: null, tool_calls }, ...results]
    const second = await client.chat.completions.create({ model: name, messages: history, tools })
    assert.equal(second.choices[0].finish_reason, 'stop')
  })
}

test('embeddings come as numbers, in order', async () => {
  const input = Array.from({ length: 120 }, (_, n) => `text ${n}`)
  const answer = await client.embeddings.create({ model: 'gemini-embedding-001', input, dimensions: 256 })
  assert.deepEqual(answer.data.map(({ index }) => index), input.map((_, n) => n))
  assert.ok(answer.data.every(({ embedding }) => embedding.length === 256))
})

test('models are listed', async () => {
  const names = (await collect(await client.models.list())).map(({ id }) => id)
  assert.ok(names.includes(model))
})

test('errors have the classes that the SDK promises', async () => {
  await assert.rejects(connect(gap.url, 'wrong').chat.completions.create({ model, messages: ask('hi') }), AuthenticationError)
  await assert.rejects(client.chat.completions.create({ model: 'gemini-9-nano', messages: ask('hi') }), NotFoundError)
  await assert.rejects(client.chat.completions.create({ model, messages: [] }), BadRequestError)
})

test('a stream cut between events throws instead of ending', async () => {
  await gap.sim.fault({ cut_between_events: { after: 3 } }, { times: 1 })
  const messages = ask('[[sim: chunks=12 chunk_bytes=40]]')
  const finishes = []
  await assert.rejects(async () => {
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) finishes.push(chunk.choices[0].finish_reason)
  })
  assert.ok(!finishes.some(Boolean))
})

test('a client that leaves frees the upstream', async () => {
  const stream = await client.chat.completions.create({ model, messages: ask('[[sim: chunks=5000 delay_ms=20]]'), stream: true })
  for await (const _ of stream) break
  stream.controller.abort()
  await eventually('the simulator sees the client gone', async () => (await gap.sim.last()).client_gone)
})
