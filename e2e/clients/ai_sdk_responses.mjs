// Vercel's AI SDK with @ai-sdk/openai, which speaks the Responses API unless it is told otherwise.

import assert from 'node:assert/strict'

import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText } from 'ai'

import { everything, say, version } from './ai_sdk.mjs'

version('@ai-sdk/openai')
const gap = createOpenAI({ baseURL: `${process.env.GAP_URL}/v1`, apiKey: process.env.GAP_KEY })
// With a state at the gateway, which is asked for by references to items, and without one.
const options = [true, false].map((store) => ({
  openai: { store, reasoningSummary: 'auto', include: ['reasoning.encrypted_content'], forceReasoning: true },
}))
await everything(gap, options)
const asked = { model: gap('gemini-2.5-flash'), prompt: '[[sim: text="Herons fish."]] What do herons do?', tools: { web_search: gap.tools.webSearch({}) } }
const found = await generateText(asked)
assert.equal(found.text, 'Herons fish.')
assert.match(found.sources[0].url, /^https:/)
const streamed = streamText(asked)
assert.equal(await streamed.text, 'Herons fish.')
assert.ok((await streamed.sources).length > 0)
say('search')
