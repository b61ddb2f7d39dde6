// The main job, by Google's own SDK.

import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

import { ApiError, Type } from '@google/genai'

import { collect, startPair } from '../support.js'

const model = 'gemini-2.5-flash'
const gap = await startPair()
const client = gap.client()

beforeEach(() => gap.sim.reset())

test('models can be listed and looked up', async () => {
  const names = (await collect(await client.models.list())).map((each) => each.name)
  assert.ok(names.includes('models/gemini-2.5-flash'))
  assert.equal((await client.models.get({ model })).name, 'models/gemini-2.5-flash')
})

test('text in, text out', async () => {
  const answer = await client.models.generateContent({ model, contents: 'Say it. [[sim: text="Hello from upstream"]]' })
  assert.equal(answer.text, 'Hello from upstream')
  assert.equal(answer.candidates[0].finishReason, 'STOP')
  assert.ok(answer.usageMetadata.totalTokenCount > 0)
})

test('a stream arrives in pieces and ends with usage', async () => {
  const chunks = await collect(await client.models.generateContentStream({ model, contents: '[[sim: chunks=12 chunk_bytes=40]]' }))
  assert.ok(chunks.length >= 12)
  assert.equal(chunks.at(-1).candidates[0].finishReason, 'STOP')
  assert.ok(chunks.at(-1).usageMetadata.totalTokenCount > 0)
})

test('a chat sends its history', async () => {
  const chat = client.chats.create({ model })
  await chat.sendMessage({ message: 'My name is Ada. [[sim: text="Hello Ada"]]' })
  await chat.sendMessage({ message: 'What is my name?' })
  const { contents } = JSON.parse((await gap.sim.last()).body)
  assert.deepEqual(contents.map(({ role }) => role), ['user', 'model', 'user'])
})

test('parallel function calls keep order and integers', async () => {
  const parametersJsonSchema = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city', 'days'] }
  const tools = [{ functionDeclarations: [{ name: 'current_weather', parametersJsonSchema }, { name: 'current_time' }] }]
  const contents = '[[sim: calls=current_weather,current_time]] Oslo?'
  const answer = await client.models.generateContent({ model, contents, config: { tools } })
  assert.deepEqual(answer.functionCalls.map(({ name }) => name), ['current_weather', 'current_time'])
  assert.ok(Number.isInteger(answer.functionCalls[0].args.days))
})

test('thought signatures survive a turn on Gemini 3', async () => {
  const signing = 'gemini-3.1-pro-preview'
  const tools = [{ functionDeclarations: [{ name: 'current_time' }] }]
  const question = { role: 'user', parts: [{ text: '[[sim: calls=current_time]] Oslo?' }] }
  const first = await client.models.generateContent({ model: signing, contents: [question], config: { tools } })
  const said = first.candidates[0].content
  assert.ok(said.parts.some((part) => part.thoughtSignature))
  const { id, name } = first.functionCalls[0]
  const result = { role: 'user', parts: [{ functionResponse: { id, name, response: { result: 'noon' } } }] }
  const second = await client.models.generateContent({ model: signing, contents: [question, said, result], config: { tools } })
  assert.equal(second.candidates[0].finishReason, 'STOP')
})

test('a schema is answered', async () => {
  const responseSchema = { type: Type.OBJECT, properties: { name: { type: Type.STRING }, minutes: { type: Type.INTEGER } }, required: ['name', 'minutes'] }
  const config = { responseMimeType: 'application/json', responseSchema }
  const value = JSON.parse((await client.models.generateContent({ model, contents: 'A recipe.', config })).text)
  assert.equal(typeof value.name, 'string')
  assert.ok(Number.isInteger(value.minutes))
})

test('system instruction and zeros arrive', async () => {
  await client.models.generateContent({ model, contents: 'Hi', config: { systemInstruction: 'Be terse.', temperature: 0 } })
  const body = JSON.parse((await gap.sim.last()).body)
  assert.equal(body.systemInstruction.parts[0].text, 'Be terse.')
  assert.equal(body.generationConfig.temperature, 0)
})

test('tokens are counted and text is embedded', async () => {
  assert.ok((await client.models.countTokens({ model, contents: 'one two three' })).totalTokens > 0)
  const { embeddings } = await client.models.embedContent({ model: 'gemini-embedding-001', contents: ['hello', 'world'] })
  assert.equal(embeddings.length, 2)
})

for (const apiVersion of ['v1', 'v1beta', 'v1alpha', 'v2']) {
  test(`version ${apiVersion}`, async () => {
    const versioned = gap.client(undefined, { apiVersion })
    assert.ok((await versioned.models.generateContent({ model, contents: 'hi' })).text)
    assert.equal((await versioned.models.get({ model })).name, `models/${model}`)
  })
}

for (const suffix of ['/', '/v2']) {
  test(`base URL that ends with ${suffix}`, async () => {
    const answer = await gap.client(undefined, { baseUrl: gap.url + suffix }).models.generateContent({ model, contents: 'hi' })
    assert.ok(answer.text)
  })
}

test('a wrong access key is 401', async () => {
  const refused = gap.client('nonsense').models.generateContent({ model, contents: 'hi' })
  await assert.rejects(refused, (error) => error instanceof ApiError && error.status === 401)
  assert.deepEqual(await gap.sim.received(), [])
})

test('a request that Google refuses stays 400 and is asked once', async () => {
  const refused = client.models.generateContent({ model, contents: [{ role: 'user', parts: [] }] })
  await assert.rejects(refused, (error) => error instanceof ApiError && error.status === 400)
  assert.equal((await gap.sim.received()).length, 1)
})

test('an unknown model is 404', async () => {
  const refused = client.models.generateContent({ model: 'gemini-0-nonsense', contents: 'hi' })
  await assert.rejects(refused, (error) => error instanceof ApiError && error.status === 404)
})
