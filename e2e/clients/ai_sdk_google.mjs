// Vercel's AI SDK with @ai-sdk/google; the base contains the version.

import assert from 'node:assert/strict'

import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { generateText } from 'ai'

import { everything, say, version } from './ai_sdk.mjs'

version('@ai-sdk/google')
const google = createGoogleGenerativeAI({ baseURL: `${process.env.GAP_URL}/v1beta`, apiKey: process.env.GAP_KEY })
await everything(google)
const tools = { google_search: google.tools.googleSearch({}) }
const found = await generateText({ model: google('gemini-2.5-flash'), prompt: '[[sim: text="Herons fish."]] What do herons do?', tools })
assert.equal(found.text, 'Herons fish.')
assert.match(found.sources[0].url, /^https:/)
say('search')
