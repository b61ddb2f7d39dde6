// Vercel's AI SDK with @ai-sdk/openai-compatible.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import * as ai from 'ai'
import { z } from 'zod'

const { version } = JSON.parse(readFileSync('node_modules/@ai-sdk/openai-compatible/package.json', 'utf8'))
console.log('version', version)
const { generateText, streamText, tool } = ai
const gap = createOpenAICompatible({ name: 'gap', baseURL: `${process.env.GAP_URL}/v1`, apiKey: process.env.GAP_KEY, includeUsage: true })
const model = gap('gemini-2.5-flash')

assert.equal((await generateText({ model, prompt: '[[sim: text="Hello from upstream"]]' })).text, 'Hello from upstream')
console.log('ok chat')
let pieces = 0
for await (const _ of streamText({ model, prompt: '[[sim: chunks=8 chunk_bytes=40]]' }).textStream) pieces += 1
assert.ok(pieces >= 8)
console.log('ok stream')
const inputSchema = z.object({ city: z.string() })
const tools = { current_weather: tool({ description: 'Says the weather.', inputSchema, execute: ({ city }) => `Sunny in ${city}.` }) }
const stopWhen = (ai.stepCountIs ?? ai.isStepCount)(3)
const answer = await generateText({ model: gap('gemini-3.1-pro-preview'), tools, stopWhen, prompt: '[[sim: calls=current_weather]] Oslo?' })
assert.equal(answer.steps.length, 2)
assert.ok(answer.text)
console.log('ok tools')
