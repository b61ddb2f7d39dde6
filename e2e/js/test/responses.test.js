// Responses, by OpenAI's own SDK.

import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

import OpenAI, { BadRequestError, NotFoundError } from 'openai'

import { ACCESS_KEY, collect, eventually, startPair } from '../support.js'

const model = 'gemini-2.5-flash'
const signing = 'gemini-3.1-pro-preview'
const story = 'Tell me a story. [[sim: chunks=12 chunk_bytes=40]]'
const gap = await startPair()
const client = new OpenAI({ baseURL: `${gap.url}/v1`, apiKey: ACCESS_KEY, maxRetries: 0 })
const weather = {
  type: 'function',
  name: 'current_weather',
  strict: true,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
    required: ['city', 'days'],
    additionalProperties: false,
  },
}
const callsOf = (response) => response.output.filter((item) => item.type === 'function_call')
const resultsFor = (response) =>
  callsOf(response).map(({ call_id, name }) => ({ type: 'function_call_output', call_id, output: `result of ${name}` }))

beforeEach(() => gap.sim.reset())

test('text in, text out', async () => {
  const response = await client.responses.create({ model, input: '[[sim: text="Hello from upstream"]]', instructions: 'Be terse.' })
  assert.equal(response.output_text, 'Hello from upstream')
  assert.equal(response.status, 'completed')
  assert.equal(response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens)
})

test('a stream is numbered and sums up', async () => {
  const events = await collect(await client.responses.create({ model, input: story, stream: true }))
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index))
  const text = events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('')
  const last = events.at(-1)
  assert.equal(last.type, 'response.completed')
  assert.equal(last.response.output[0].content[0].text, text)
})

test('the stream helper adds up', async () => {
  const stream = client.responses.stream({ model, input: story })
  let text = ''
  stream.on('response.output_text.delta', (event) => (text += event.delta))
  const final = await stream.finalResponse()
  assert.ok(text.length > 400)
  assert.equal(final.output_text, text)
})

for (const streamed of [false, true]) {
  test(`tools with reasoning items and no state, ${streamed ? 'streamed' : 'whole'}`, async () => {
    const asked = { model: signing, tools: [weather], store: false, include: ['reasoning.encrypted_content'], reasoning: { summary: 'auto' } }
    const ask = (input) =>
      streamed ? client.responses.stream({ ...asked, input }).finalResponse() : client.responses.create({ ...asked, input })
    const input = [{ role: 'user', content: '[[sim: calls=current_weather thoughts="Hm."]] Oslo?' }]
    const first = await ask(input)
    assert.equal(first.output[0].summary[0].text, 'Hm.')
    assert.ok(Number.isInteger(JSON.parse(callsOf(first)[0].arguments).days))
    // The helper adds to each call what it has parsed, which OpenAI refuses to take back.
    const output = first.output.map(({ parsed_arguments, ...item }) => item)
    const second = await ask([...input, ...output, ...resultsFor(first)])
    // On Gemini 3 the simulator refuses a missing or changed signature with 400 (wire 76).
    assert.ok(second.output_text)
    const { contents } = JSON.parse((await gap.sim.last()).body)
    assert.notEqual(contents[1].parts[0].thoughtSignature, 'skip_thought_signature_validator')
  })
}

test('a conversation goes on by id, and is kept until it is deleted', async () => {
  const first = await client.responses.create({ model: signing, input: '[[sim: calls=current_weather]] Oslo?', tools: [weather] })
  const second = await client.responses.create({ model: signing, previous_response_id: first.id, input: resultsFor(first), tools: [weather] })
  assert.ok(second.output_text)
  const items = await collect(client.responses.inputItems.list(second.id, { order: 'asc', limit: 1 }))
  assert.deepEqual(items.map((item) => item.type), ['message', 'function_call', 'function_call_output'])
  assert.equal((await client.responses.retrieve(second.id)).output_text, second.output_text)
  await assert.rejects(client.responses.cancel(second.id), BadRequestError)
  await client.responses.delete(first.id)
  await assert.rejects(client.responses.retrieve(first.id), NotFoundError)
  const goOn = client.responses.create({ model, previous_response_id: second.id, input: 'And?' })
  await assert.rejects(goOn, (error) => error.code === 'previous_response_not_found')
})

test('a conversation keeps what was said, and an answer in the background comes later', async () => {
  const conversation = await client.conversations.create({ items: [{ role: 'user', content: 'My name is Ann.' }] })
  const asked = { model, conversation: conversation.id, input: '[[sim: text=Hello]] Hi', background: true, stream: true }
  const events = await collect(await client.responses.create(asked))
  assert.deepEqual(events.slice(0, 3).map((event) => event.type), ['response.created', 'response.queued', 'response.in_progress'])
  const { response } = events.at(-1)
  assert.deepEqual([response.status, response.conversation], ['completed', { id: conversation.id }])
  const rest = await collect(await client.responses.retrieve(response.id, { stream: true, starting_after: 2 }))
  assert.deepEqual(rest, events.slice(3))
  const items = await collect(client.conversations.items.list(conversation.id, { order: 'asc', limit: 1 }))
  assert.deepEqual(items.map((item) => item.content[0].text), ['My name is Ann.', '[[sim: text=Hello]] Hi', 'Hello'])
  await client.conversations.delete(conversation.id)
  await assert.rejects(client.responses.create({ ...asked, stream: false }), NotFoundError)
})

test('structured output', async () => {
  const schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false }
  const response = await client.responses.create({
    model,
    input: 'Which city?',
    text: { format: { type: 'json_schema', name: 'city', strict: true, schema } },
  })
  assert.equal(typeof JSON.parse(response.output_text).name, 'string')
})

test('a client that leaves ends the request upstream', async () => {
  const stream = await client.responses.create({ model, input: '[[sim: chunks=200 chunk_bytes=20 delay_ms=50]]', stream: true })
  for await (const event of stream) if (event.type === 'response.output_text.delta') break
  await eventually('the upstream request is dropped', async () => (await gap.sim.last()).client_gone)
})
