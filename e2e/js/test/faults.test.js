// Upstream trouble, as Google's own SDK sees it through the gateway.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ApiError } from '@google/genai'

import { collect, eventually, startPair } from '../support.js'

const model = 'gemini-2.5-flash'
const story = 'Tell me a story. [[sim: chunks=12 chunk_bytes=40]]'

test('a bad upstream key is hidden by a good one', async () => {
  const gap = await startPair({ keys: [{ key: 'sim-bad', project: 1, state: 'invalid' }, { key: 'sim-good', project: 2 }] })
  for (let round = 0; round < 4; round += 1) {
    assert.ok((await gap.client().models.generateContent({ model, contents: 'hi' })).text)
  }
  const asked = (await gap.sim.received()).filter(({ key }) => key === 'sim-bad')
  assert.ok(asked.length <= 1)
})

test('one overload while nothing was sent is hidden', async () => {
  const gap = await startPair()
  await gap.sim.fault({ preset: 'overloaded' }, { times: 1 })
  assert.equal((await gap.client().models.generateContent({ model, contents: '[[sim: text="at last"]]' })).text, 'at last')
})

test('all keys out of quota is 429', async () => {
  const gap = await startPair({ settings: { GAP_POOL__MAX_WAIT: '0s' } })
  await gap.sim.fault({ preset: 'quota_per_minute', retry_delay: '40s' })
  const refused = gap.client().models.generateContent({ model, contents: 'hi' })
  await assert.rejects(refused, (error) => error instanceof ApiError && error.status === 429 && error.message.includes('RetryInfo'))
})

test('a stream cut between events throws instead of ending', async () => {
  const gap = await startPair()
  await gap.sim.fault({ cut_between_events: { after: 3 } }, { times: 1 })
  const seen = []
  await assert.rejects(async () => {
    for await (const chunk of await gap.client().models.generateContentStream({ model, contents: story })) seen.push(chunk)
  }, ApiError)
  assert.equal(seen.length, 3)
})

test('a stream cut inside an event throws instead of ending', async () => {
  const gap = await startPair()
  await gap.sim.fault({ cut_inside_event: { after: 3 } }, { times: 1 })
  await assert.rejects(async () => collect(await gap.client().models.generateContentStream({ model, contents: story })))
})

test('keep-alives while the upstream thinks do not disturb the SDK', async () => {
  const gap = await startPair({ settings: { GAP_SERVER__OPEN_AFTER: '200ms', GAP_SERVER__KEEP_ALIVE: '100ms' } })
  await gap.sim.fault({ stall_before_headers: { ms: 1000 } }, { times: 1 })
  const chunks = await collect(await gap.client().models.generateContentStream({ model, contents: story }))
  assert.equal(chunks.at(-1).candidates[0].finishReason, 'STOP')
})

test('a client that leaves frees the upstream', async () => {
  const gap = await startPair()
  const leaving = new AbortController()
  const contents = 'Long. [[sim: chunks=5000 delay_ms=20]]'
  const stream = await gap.client().models.generateContentStream({ model, contents, config: { abortSignal: leaving.signal } })
  await assert.rejects(async () => {
    for await (const _ of stream) leaving.abort()
  })
  await eventually('the simulator sees the client gone', async () => (await gap.sim.last()).client_gone)
})
