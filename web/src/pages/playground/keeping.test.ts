import { expect, test } from 'vitest'

import type { Turn } from './conversation'
import { type Kept, pack, unpack } from './keeping'

const picture = { name: 'a.png', url: `data:image/png;base64,${'A'.repeat(4_000)}` }
const ask = (id: string, pictures = [picture]): Turn => ({ role: 'user', id, text: `question ${id}`, pictures })
const reply = (id: string, state: 'done' | 'running' = 'done'): Turn => ({
  role: 'assistant',
  id,
  model: 'm',
  state,
  text: 'x'.repeat(500),
  thoughts: '',
  calls: [],
  pictures: [],
})
const kept = (turns: Turn[]): Kept => ({
  owner: 'user Anna',
  turns,
  model: 'm',
  system: '',
  tools: '',
  toolChoice: 'auto',
  parameters: {},
})
const again = (text: string) => unpack(text, 'user Anna')

test('what fits is kept whole', () => {
  const chat = kept([ask('1'), reply('2')])
  expect(again(pack(chat))).toEqual(chat)
})

test('pictures go before words, the oldest first', () => {
  const chat = kept([ask('1'), reply('2'), ask('3'), reply('4')])
  const text = pack(chat, 7_000)
  expect(text.length).toBeLessThanOrEqual(7_000)
  const turns = again(text)?.turns ?? []
  expect(turns).toHaveLength(4)
  expect(turns[0]).toMatchObject({ pictures: [{ name: 'a.png', url: '' }] })
  expect(turns[2]).toMatchObject({ pictures: [picture] })
})

test('then the oldest turns go, and a chat still begins with a question', () => {
  const chat = kept([ask('1', []), reply('2'), ask('3', []), reply('4'), ask('5', []), reply('6')])
  const text = pack(chat, 1_700)
  expect(text.length).toBeLessThanOrEqual(1_700)
  const turns = again(text)?.turns ?? []
  expect(turns[0]?.role).toBe('user')
  expect(turns.at(-1)?.id).toBe('6')
})

test('a chat of which nothing fits leaves its model', () => {
  expect(again(pack(kept([ask('1'), reply('2')]), 200))).toMatchObject({ turns: [], model: 'm' })
})

test('an answer that was under way is one that was stopped', () => {
  expect(again(pack(kept([ask('1'), reply('2', 'running')])))?.turns[1]).toMatchObject({ state: 'stopped' })
})

test('nobody sees the chat of somebody else', () => {
  expect(unpack(pack(kept([ask('1')])), 'user Bob')).toBeUndefined()
})

test.each([null, '', '{', 'null', '7', '{"owner":"user Anna"}', '{"owner":"user Anna","turns":7}'])(
  'what is no chat is none: %j',
  (text) => expect(unpack(text, 'user Anna')).toBeUndefined(),
)
