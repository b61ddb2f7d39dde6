// Vercel's AI SDK with @ai-sdk/anthropic, which speaks Anthropic's Messages.

import assert from 'node:assert/strict'

import { createAnthropic } from '@ai-sdk/anthropic'
import { generateText, streamText } from 'ai'

import { everything, say, version } from './ai_sdk.mjs'

version('@ai-sdk/anthropic')
const gap = createAnthropic({ baseURL: `${process.env.GAP_URL}/v1`, apiKey: process.env.GAP_KEY })
const thinking = { type: 'enabled', budgetTokens: 1024 }
await everything(gap, [undefined, { anthropic: { thinking } }])
const tools = { web_search: gap.tools.webSearch_20250305({ maxUses: 3 }) }
const asked = { model: gap('gemini-2.5-flash'), prompt: '[[sim: text="Herons fish."]] What do herons do?', tools }
const found = await generateText(asked)
assert.equal(found.text, 'Herons fish.')
assert.match(found.sources[0].url, /^https:/)
// The search is told before the words that lean on it.
const kinds = found.content.map((part) => part.type).filter((type) => type !== 'reasoning')
assert.equal(kinds.at(-1) === 'text' || kinds.indexOf('tool-call') < kinds.indexOf('text'), true, `${kinds}`)
const streamed = streamText(asked)
assert.equal(await streamed.text, 'Herons fish.')
assert.ok((await streamed.sources).length > 0)
say('search')
