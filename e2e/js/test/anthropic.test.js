// Messages, by Anthropic's own SDK.

import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

import Anthropic, { APIError, AuthenticationError, BadRequestError, NotFoundError } from '@anthropic-ai/sdk'

import { ACCESS_KEY, startPair } from '../support.js'

const model = 'gemini-2.5-flash'
const signing = 'gemini-3.1-pro-preview'
const gap = await startPair()
const connect = (apiKey = ACCESS_KEY) => new Anthropic({ baseURL: gap.url, apiKey, maxRetries: 0 })
const client = connect()
const ask = (content) => [{ role: 'user', content }]
const tools = [{ name: 'current_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }]

beforeEach(() => gap.sim.reset())

test('a stream sums up', async () => {
  const stream = client.messages.stream({ model, max_tokens: 500, messages: ask('[[sim: chunks=8 chunk_bytes=40]]') })
  const pieces = []
  stream.on('text', (delta) => pieces.push(delta))
  const final = await stream.finalMessage()
  assert.equal(final.content[0].text, pieces.join(''))
  assert.equal(final.stop_reason, 'end_turn')
  assert.ok(final.usage.input_tokens > 0 && final.usage.output_tokens > 0)
})

for (const name of [model, signing]) {
  test(`tools survive a turn with thinking on ${name}`, async () => {
    const messages = ask('[[sim: calls=current_weather]] Oslo?')
    const options = { model: name, max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 1024 }, tools }
    const first = await client.messages.stream({ ...options, messages }).finalMessage()
    assert.equal(first.stop_reason, 'tool_use')
    const { id } = first.content.find(({ type }) => type === 'tool_use')
    messages.push({ role: 'assistant', content: first.content }, ...ask([{ type: 'tool_result', tool_use_id: id, content: 'sunny' }]))
    assert.equal((await client.messages.create({ ...options, messages })).stop_reason, 'end_turn')
  })
}

test('a signed answer ends in its words and comes back signed', async () => {
  const question = ask('[[sim: text="Hello"]] Hi')
  const first = await client.messages.stream({ model: signing, max_tokens: 4000, messages: question }).finalMessage()
  assert.deepEqual(first.content.map(({ type }) => type), ['text'])
  const messages = [...question, { role: 'assistant', content: first.content }, ...ask('[[sim: echo]] And now?')]
  assert.equal((await client.messages.create({ model: signing, max_tokens: 4000, messages })).content[0].text, 'And now?')
  const { contents } = JSON.parse((await gap.sim.last()).body)
  assert.ok(contents[1].parts[0].thoughtSignature)
})

test('pictures, documents and what to remember are taken', async () => {
  const data = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'
  const content = [
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' }, cache_control: { type: 'ephemeral' } },
    { type: 'text', text: '[[sim: text="A pixel."]] What is it?' },
  ]
  const system = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }]
  const answer = await client.messages.create({ model, max_tokens: 500, system, messages: ask(content), stop_sequences: ['END'] })
  assert.equal(answer.content[0].text, 'A pixel.')
  const sent = JSON.parse((await gap.sim.last()).body)
  assert.equal(sent.systemInstruction.parts[0].text, 'Be brief.')
  assert.equal(sent.contents[0].parts[0].inlineData.data, data)
})

test('events come in their order, thinking first', async () => {
  const options = { model, max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 1024 }, stream: true }
  const events = []
  for await (const event of await client.messages.create({ ...options, messages: ask('[[sim: thoughts="Hm." text="Yes." chunks=2]]') })) events.push(event)
  assert.equal(events[0].type, 'message_start')
  assert.deepEqual(events.filter(({ type }) => type === 'content_block_start').map((event) => event.content_block.type), ['thinking', 'text'])
  assert.deepEqual(events.slice(-2).map(({ type }) => type), ['message_delta', 'message_stop'])
})

test('a stream that breaks raises', async () => {
  await gap.sim.fault({ cut_between_events: { after: 3 } }, { times: 1 })
  await assert.rejects(client.messages.stream({ model, max_tokens: 500, messages: ask('[[sim: chunks=12 chunk_bytes=40]]') }).finalMessage(), APIError)
})

test('tokens are counted and models listed', async () => {
  const count = async (options) => (await client.messages.countTokens({ model, messages: ask('Hello'), ...options })).input_tokens
  const alone = await count()
  assert.ok(alone > 0)
  assert.ok((await count({ tools, system: 'Be brief, and say nothing twice.' })) > alone)
  const names = []
  for await (const { id } of client.models.list({ limit: 3 })) names.push(id)
  assert.ok(names.includes(model))
})

test('errors have the classes that the SDK promises', async () => {
  const request = { model, max_tokens: 10, messages: ask('hi') }
  await assert.rejects(connect('wrong').messages.create(request), AuthenticationError)
  await assert.rejects(client.messages.create({ ...request, model: 'gemini-9-nano' }), NotFoundError)
  await assert.rejects(client.messages.create({ ...request, messages: [] }), BadRequestError)
})
