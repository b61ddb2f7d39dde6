// Vercel's AI SDK with @ai-sdk/openai-compatible, which speaks chat completions.

import { createOpenAICompatible } from '@ai-sdk/openai-compatible'

import { everything, version } from './ai_sdk.mjs'

version('@ai-sdk/openai-compatible')
const settings = { name: 'gap', baseURL: `${process.env.GAP_URL}/v1`, apiKey: process.env.GAP_KEY }
await everything(createOpenAICompatible({ ...settings, includeUsage: true, supportsStructuredOutputs: true }))
