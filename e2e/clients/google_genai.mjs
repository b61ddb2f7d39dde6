// @google/genai, Google's SDK for JavaScript.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { GoogleGenAI } from '@google/genai'

const model = 'gemini-2.5-flash'
const { version } = JSON.parse(readFileSync('node_modules/@google/genai/package.json', 'utf8'))
console.log('version', version)
const client = new GoogleGenAI({ apiKey: process.env.GAP_KEY, httpOptions: { baseUrl: process.env.GAP_URL } })

assert.equal((await client.models.generateContent({ model, contents: '[[sim: text="Hello from upstream"]]' })).text, 'Hello from upstream')
console.log('ok chat')
let pieces = 0
for await (const _ of await client.models.generateContentStream({ model, contents: '[[sim: chunks=8 chunk_bytes=40]]' })) pieces += 1
assert.ok(pieces >= 8)
console.log('ok stream')
const tools = [{ functionDeclarations: [{ name: 'current_weather', parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } } } }] }]
const answer = await client.models.generateContent({ model, contents: '[[sim: calls=current_weather]] Oslo?', config: { tools } })
assert.equal(answer.functionCalls[0].name, 'current_weather')
console.log('ok tools')
