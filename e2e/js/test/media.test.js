// Pictures, sound and legacy completions, by OpenAI's own SDK.

import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

import OpenAI, { BadRequestError, toFile } from 'openai'

import { ACCESS_KEY, collect, startPair } from '../support.js'

const draws = 'gemini-2.5-flash-image'
const speaks = 'gemini-2.5-flash-preview-tts'
const hears = 'gemini-2.5-flash'
const gap = await startPair()
const client = new OpenAI({ baseURL: `${gap.url}/v1`, apiKey: ACCESS_KEY, maxRetries: 0 })
const PNG = Buffer.from('89504e470d0a1a0a', 'hex')
// One red pixel.
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64')

const isPicture = (base64) => assert.ok(Buffer.from(base64, 'base64').subarray(0, 8).equals(PNG))
const picture = (name) => toFile(PIXEL, name, { type: 'image/png' })
// A tenth of a second of silence.
const WAV = Buffer.concat([
  Buffer.from('524946462406000057415645666d74201000000001000100401f0000803e0000020010006461746140060000', 'hex'),
  Buffer.alloc(1600),
])
const recording = () => toFile(WAV, 'note.wav', { type: 'audio/wav' })
const said = (text) => `[[sim: text=${JSON.stringify(text)}]]`
const speak = (options) => client.audio.speech.create({ model: speaks, voice: 'Kore', input: 'Hello', ...options })

beforeEach(() => gap.sim.reset())

for (const model of [draws, 'imagen-4.0-generate-001']) {
  test(`pictures are made with ${model}`, async () => {
    const answer = await client.images.generate({ model, prompt: 'a cat', n: 2, size: '1536x1024' })
    assert.equal(answer.data.length, 2)
    answer.data.forEach(({ b64_json }) => isPicture(b64_json))
    assert.ok(answer.usage.total_tokens > 0)
  })
}

test('pictures are streamed', async () => {
  const events = await collect(await client.images.generate({ model: draws, prompt: 'a cat', stream: true, partial_images: 2 }))
  assert.equal(events.at(-1).type, 'image_generation.completed')
  isPicture(events.at(-1).b64_json)
})

test('pictures are changed', async () => {
  const image = [await picture('one.png'), await picture('two.png')]
  const answer = await client.images.edit({ model: draws, image, prompt: 'put them together' })
  isPicture(answer.data[0].b64_json)
  const { contents } = JSON.parse((await gap.sim.last()).body)
  assert.equal(contents[0].parts.filter((part) => part.inlineData?.mimeType === 'image/png').length, 2)
  await assert.rejects(client.images.edit({ model: draws, image, prompt: 'a hat', mask: await picture('mask.png') }), (error) => error instanceof BadRequestError && error.param === 'mask')
})

for (const [format, type, start] of [['wav', 'audio/wav', 'RIFF'], ['opus', 'audio/ogg', 'OggS'], ['flac', 'audio/flac', 'fLaC'], [undefined, 'audio/wav', 'RIFF']]) {
  test(`speech is a file that plays: ${format ?? 'what nobody asked for'}`, async () => {
    const answer = await speak({ response_format: format })
    assert.ok(answer.headers.get('content-type').startsWith(type))
    assert.equal(Buffer.from(await answer.arrayBuffer()).subarray(0, 4).toString(), start)
    assert.equal(answer.headers.has('x-gap-warnings'), format === undefined)
  })
}

test('speech comes as events', async () => {
  for (const format of ['pcm', 'opus']) {
    const text = await (await speak({ response_format: format, stream_format: 'sse' })).text()
    const events = text.trim().split('\n\n').map((frame) => JSON.parse(frame.replace('data: ', '')))
    assert.equal(events.at(-1).type, 'speech.audio.done')
    assert.ok(events.at(-1).usage.total_tokens > 0)
    const sound = Buffer.concat(events.slice(0, -1).map(({ audio }) => Buffer.from(audio, 'base64')))
    assert.ok(sound.length > 100)
  }
})

test('a format that is not written is refused by name', async () => {
  for (const format of ['mp3', 'aac']) {
    await assert.rejects(speak({ response_format: format }), (error) => error instanceof BadRequestError && error.param === 'response_format' && /wav.*opus.*flac/.test(error.message))
  }
})

test('recordings are written down', async () => {
  const prompt = said('Guten Tag.')
  const listen = async (options) => client.audio.transcriptions.create({ model: hears, file: await recording(), prompt, ...options })
  assert.equal((await listen({ language: 'de' })).text, 'Guten Tag.')
  assert.equal((await listen({ response_format: 'text' })).trim(), 'Guten Tag.')
  const events = await collect(await listen({ stream: true }))
  assert.equal(events.at(-1).text, 'Guten Tag.')
  assert.equal((await client.audio.translations.create({ model: hears, file: await recording(), prompt })).text, 'Guten Tag.')
})

test('legacy completions go on', async () => {
  const prompt = '[[sim: chunks=4 chunk_bytes=20]] Once'
  const whole = await client.completions.create({ model: hears, prompt, max_tokens: 400 })
  assert.equal(whole.choices[0].finish_reason, 'stop')
  const chunks = await collect(await client.completions.create({ model: hears, prompt, stream: true }))
  assert.equal(chunks.map(({ choices }) => choices[0]?.text ?? '').join(''), whole.choices[0].text)
})
