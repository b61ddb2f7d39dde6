// Vercel's AI SDK with @ai-sdk/openai, which speaks the Responses API unless it is told otherwise.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { createOpenAI } from '@ai-sdk/openai'
import * as ai from 'ai'
import { z } from 'zod'

const { version } = JSON.parse(readFileSync('node_modules/@ai-sdk/openai/package.json', 'utf8'))
console.log('version', version)
const { generateText, streamText, tool } = ai
const gap = createOpenAI({ baseURL: `${process.env.GAP_URL}/v1`, apiKey: process.env.GAP_KEY })
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
// With a state at the gateway, which is asked for by references to items, and without one.
for (const store of [true, false]) {
  const openai = { store, reasoningSummary: 'auto', include: ['reasoning.encrypted_content'], forceReasoning: true }
  const prompt = '[[sim: calls=current_weather thoughts="Hm."]] Oslo?'
  const asked = { model: gap('gemini-3.1-pro-preview'), tools, stopWhen, prompt, providerOptions: { openai } }
  const answer = await generateText(asked)
  assert.equal(answer.steps.length, 2)
  assert.ok(answer.text)
  const streamed = streamText(asked)
  assert.ok(await streamed.text)
  assert.equal((await streamed.steps).length, 2)
}
console.log('ok tools')
