// What every provider of Vercel's AI SDK is asked for.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import * as ai from 'ai'
import { z } from 'zod'

import { GREETING, LONG, MISSING, PICTURE, RED, RESTING, SEEN, SEVERAL, SIGNING, STORY, SUNNY, refused } from './common.mjs'

const { generateText, streamText, tool, Output } = ai
const MODEL = 'gemini-2.5-flash'

const inputSchema = z.object({ city: z.string() })
const tools = {
  current_weather: tool({ description: 'Says the weather.', inputSchema, execute: ({ city }) => `It is sunny in ${city}.` }),
  local_time: tool({ description: 'Says what time it is.', inputSchema, execute: ({ city }) => `It is noon in ${city}.` }),
}

// References, a union of two kinds, a list of it, and something that may be missing.
const Address = z.object({ street: z.string(), number: z.number().int() })
const Pet = z.union([z.object({ kind: z.literal('cat'), lives: z.number().int() }), z.object({ kind: z.literal('dog'), tricks: z.array(z.string()) })])
const Owner = z.object({ name: z.string(), home: Address, summer_home: Address.nullable(), pets: z.array(Pet).describe('All of them.') })

export const say = (step) => console.log('ok', step)

export function version(name) {
  console.log('version', JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version)
}

/** Asks for everything but a search. `model` gives a model by its name; `options` are the provider's own, each tried with tools. */
export async function everything(model, options = [undefined]) {
  const answer = await generateText({ model: model(MODEL), prompt: GREETING })
  assert.equal(answer.text, 'Hello from upstream')
  say('chat')
  let pieces = 0
  const story = streamText({ model: model(MODEL), prompt: STORY })
  for await (const _ of story.textStream) pieces += 1
  assert.ok(pieces >= 2, `${pieces}`)
  assert.ok((await story.usage).outputTokens > 0)
  say('stream')
  for (const providerOptions of options) {
    const asked = { model: model(SIGNING), tools, stopWhen: (ai.stepCountIs ?? ai.isStepCount)(4), prompt: SEVERAL, providerOptions }
    const whole = await generateText(asked)
    assert.deepEqual(whole.steps.map((step) => step.toolCalls.length), [2, 1, 0])
    assert.equal(whole.text, SUNNY)
    const streamed = streamText(asked)
    assert.equal(await streamed.text, SUNNY)
    assert.deepEqual((await streamed.steps).map((step) => step.toolCalls.length), [2, 1, 0])
  }
  say('tools')
  const owner = await generateText({ model: model(MODEL), prompt: 'Who is it?', output: Output.object({ schema: Owner }) })
  Owner.parse(owner.output ?? owner.experimental_output)
  say('schema')
  const image = { type: 'image', image: `data:image/png;base64,${PICTURE}`, mediaType: 'image/png' }
  const seen = await generateText({ model: model(MODEL), messages: [{ role: 'user', content: [{ type: 'text', text: SEEN }, image] }] })
  assert.equal(seen.text, RED)
  say('vision')
  await refused(() => generateText({ model: model(MISSING), prompt: GREETING, maxRetries: 0 }), /gemini-9-missing/, /404/)
  if (RESTING) {
    await refused(() => generateText({ model: model(RESTING), prompt: GREETING, maxRetries: 0 }), /429/)
    const errors = []
    const stream = streamText({ model: model(RESTING), prompt: GREETING, maxRetries: 0, onError: ({ error }) => errors.push(error) })
    await stream.consumeStream?.()
    assert.match(`${errors[0]?.statusCode}`, /429/)
  }
  say('errors')
  const leaving = new AbortController()
  const long = streamText({ model: model(MODEL), prompt: LONG, abortSignal: leaving.signal, onError: () => {} })
  let heard = 0
  for await (const _ of long.textStream) if ((heard += 1) === 3) leaving.abort()
  assert.ok(heard < 20, `${heard}`)
  say('cancel')
}
