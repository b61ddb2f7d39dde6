// Messages, by Anthropic's own SDK.

import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

import Anthropic, { AuthenticationError, BadRequestError, NotFoundError } from '@anthropic-ai/sdk'

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

test('tokens are counted and models listed', async () => {
  assert.ok((await client.messages.countTokens({ model, messages: ask('Hello') })).input_tokens > 0)
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
