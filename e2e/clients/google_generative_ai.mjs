// @google/generative-ai, the library before @google/genai.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { GoogleGenerativeAI } from '@google/generative-ai'

const { version } = JSON.parse(readFileSync('node_modules/@google/generative-ai/package.json', 'utf8'))
console.log('version', version)
const library = new GoogleGenerativeAI(process.env.GAP_KEY)
const model = (more = {}) => library.getGenerativeModel({ model: 'gemini-2.5-flash', ...more }, { baseUrl: process.env.GAP_URL })

assert.equal((await model().generateContent('[[sim: text="Hello from upstream"]]')).response.text(), 'Hello from upstream')
console.log('ok chat')
let pieces = 0
for await (const _ of (await model().generateContentStream('[[sim: chunks=8 chunk_bytes=40]]')).stream) pieces += 1
assert.ok(pieces >= 8)
console.log('ok stream')
const tools = [{ functionDeclarations: [{ name: 'current_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }] }]
const { response } = await model({ tools }).generateContent('[[sim: calls=current_weather]] Oslo?')
assert.equal(response.functionCalls()[0].name, 'current_weather')
console.log('ok tools')
