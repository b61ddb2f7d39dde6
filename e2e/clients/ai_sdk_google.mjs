// Vercel's AI SDK with @ai-sdk/google; the base contains the version.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { generateText, streamText, tool } from 'ai'
import { z } from 'zod'

const { version } = JSON.parse(readFileSync('node_modules/@ai-sdk/google/package.json', 'utf8'))
console.log('version', version)
const google = createGoogleGenerativeAI({ baseURL: `${process.env.GAP_URL}/v1beta`, apiKey: process.env.GAP_KEY })
const model = google('gemini-2.5-flash')

assert.equal((await generateText({ model, prompt: '[[sim: text="Hello from upstream"]]' })).text, 'Hello from upstream')
console.log('ok chat')
let pieces = 0
for await (const _ of streamText({ model, prompt: '[[sim: chunks=8 chunk_bytes=40]]' }).textStream) pieces += 1
assert.ok(pieces >= 2)
console.log('ok stream')
const tools = { current_weather: tool({ description: 'Says the weather.', inputSchema: z.object({ city: z.string() }) }) }
const answer = await generateText({ model, tools, prompt: '[[sim: calls=current_weather]] Oslo?' })
assert.equal(answer.toolCalls[0].toolName, 'current_weather')
console.log('ok tools')
