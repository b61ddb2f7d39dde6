// @langchain/openai, by chat completions and by Responses.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'

import { GREETING, LONG, MISSING, PICTURE, RED, RESTING, SEEN, SEVERAL, SIGNING, STORY, SUNNY, refused } from './common.mjs'

console.log('version', JSON.parse(readFileSync('node_modules/@langchain/openai/package.json', 'utf8')).version)
const say = (step) => console.log('ok', step)
const configuration = { baseURL: `${process.env.GAP_URL}/v1` }
const chat = (model = 'gemini-2.5-flash', more = {}) =>
  new ChatOpenAI({ model, apiKey: process.env.GAP_KEY, configuration, maxRetries: 0, streamUsage: true, ...more })

const answer = await chat().invoke(GREETING)
assert.equal(answer.text, 'Hello from upstream')
assert.ok(answer.usage_metadata.output_tokens > 0)
say('chat')

async function streamed(model, messages) {
  let whole
  for await (const piece of await model.stream(messages)) whole = whole ? whole.concat(piece) : piece
  return whole
}

const story = await streamed(chat(), STORY)
assert.ok(story.text.length > 300 && story.usage_metadata.output_tokens > 0)
say('stream')
const schema = z.object({ city: z.string() })
const tools = [
  tool(({ city }) => `It is sunny in ${city}.`, { name: 'current_weather', description: 'Says the weather.', schema }),
  tool(({ city }) => `It is noon in ${city}.`, { name: 'local_time', description: 'Says what time it is.', schema }),
]
for (const useResponsesApi of [false, true]) {
  const bound = chat(SIGNING, { useResponsesApi }).bindTools(tools)
  for (const turn of [(messages) => bound.invoke(messages), (messages) => streamed(bound, messages)]) {
    const messages = [new HumanMessage(SEVERAL)]
    let last
    for (const expected of [2, 1, 0]) {
      last = await turn(messages)
      assert.equal(last.tool_calls.length, expected, JSON.stringify(last))
      messages.push(last)
      for (const call of last.tool_calls) messages.push(new ToolMessage({ content: 'It is so.', tool_call_id: call.id }))
    }
    assert.equal(last.text, SUNNY)
  }
}
say('tools')
const Pet = z.union([z.object({ kind: z.literal('cat'), lives: z.number().int() }), z.object({ kind: z.literal('dog'), tricks: z.array(z.string()) })])
const Owner = z.object({ name: z.string(), home: z.object({ street: z.string() }).nullable(), pets: z.array(Pet) })
for (const method of ['jsonSchema', 'functionCalling']) {
  Owner.parse(await chat().withStructuredOutput(Owner, { name: 'owner', method }).invoke('Who is it?'))
}
say('schema')
const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PICTURE}` } }
assert.equal((await chat().invoke([new HumanMessage({ content: [{ type: 'text', text: SEEN }, image] })])).text, RED)
say('vision')
await refused(() => chat(MISSING).invoke(GREETING), /gemini-9-missing/, /404/)
if (RESTING) await refused(() => chat(RESTING).invoke(GREETING), /429/)
say('errors')
const leaving = new AbortController()
let heard = 0
await assert.rejects(async () => {
  for await (const _ of await chat().stream(LONG, { signal: leaving.signal })) if ((heard += 1) === 3) leaving.abort()
})
assert.ok(heard < 20, `${heard}`)
say('cancel')
