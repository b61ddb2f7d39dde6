// Vercel's AI SDK with @ai-sdk/openai, told to speak chat completions.

import { createOpenAI } from '@ai-sdk/openai'

import { everything, version } from './ai_sdk.mjs'

version('@ai-sdk/openai')
await everything(createOpenAI({ baseURL: `${process.env.GAP_URL}/v1`, apiKey: process.env.GAP_KEY }).chat)
