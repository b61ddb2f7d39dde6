// @openai/agents, by chat completions and by Responses.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents'
import { z } from 'zod'

import { GREETING, LONG, MISSING, PICTURE, RED, RESTING, SEEN, SEVERAL, SIGNING, STORY, SUNNY, refused } from './common.mjs'

console.log('version', JSON.parse(readFileSync('node_modules/@openai/agents/package.json', 'utf8')).version)
setTracingDisabled(true)
const say = (step) => console.log('ok', step)
const runners = [false, true].map((useResponses) => {
  const modelProvider = new OpenAIProvider({ apiKey: process.env.GAP_KEY, baseURL: `${process.env.GAP_URL}/v1`, useResponses })
  return new Runner({ modelProvider, tracingDisabled: true })
})
const agent = (model = 'gemini-2.5-flash', more = {}) => new Agent({ name: 'tester', model, ...more })

for (const runner of runners) assert.equal((await runner.run(agent(), GREETING)).finalOutput, 'Hello from upstream')
say('chat')

async function streamed(runner, agent, prompt, options = {}) {
  const result = await runner.run(agent, prompt, { stream: true, ...options })
  let pieces = 0
  for await (const _ of result.toTextStream()) {
    pieces += 1
    options.heard?.(pieces)
  }
  await result.completed
  return { pieces, result }
}

for (const runner of runners) assert.ok((await streamed(runner, agent(), STORY)).pieces >= 8)
say('stream')
const parameters = z.object({ city: z.string() })
const tools = [
  tool({ name: 'current_weather', description: 'Says the weather.', parameters, execute: ({ city }) => `It is sunny in ${city}.` }),
  tool({ name: 'local_time', description: 'Says what time it is.', parameters, execute: ({ city }) => `It is noon in ${city}.` }),
]
for (const runner of runners) {
  assert.equal((await runner.run(agent(SIGNING, { tools }), SEVERAL)).finalOutput, SUNNY)
  assert.equal((await streamed(runner, agent(SIGNING, { tools }), SEVERAL)).result.finalOutput, SUNNY)
}
say('tools')
const Pet = z.union([z.object({ kind: z.literal('cat'), lives: z.number() }), z.object({ kind: z.literal('dog'), tricks: z.array(z.string()) })])
const outputType = z.object({ name: z.string(), home: z.object({ street: z.string() }).nullable(), pets: z.array(Pet) })
for (const runner of runners) outputType.parse((await runner.run(agent(undefined, { outputType }), 'Who is it?')).finalOutput)
say('schema')
const content = [{ type: 'input_text', text: SEEN }, { type: 'input_image', image: `data:image/png;base64,${PICTURE}` }]
for (const runner of runners) assert.equal((await runner.run(agent(), [{ role: 'user', content }])).finalOutput, RED)
say('vision')
for (const runner of runners) await refused(() => runner.run(agent(MISSING), GREETING), /gemini-9-missing/, /404/)
if (RESTING) {
  // It would come back by itself, after as long as it is told.
  const retry = new AbortController()
  setTimeout(() => retry.abort(), 3000)
  await assert.rejects(runners[0].run(agent(RESTING), GREETING, { signal: retry.signal }))
}
say('errors')
const leaving = new AbortController()
await streamed(runners[0], agent(), LONG, { signal: leaving.signal, heard: (pieces) => pieces === 3 && leaving.abort() }).catch(() => {})
say('cancel')
