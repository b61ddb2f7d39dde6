import { expect, test } from 'vitest'

import type { LoggedRequest } from '@/queries/requests'

import { place, readExplanation, tell } from './story'

const REQUEST: LoggedRequest = {
  id: '01a21234-9d36-7066-97b3-bc6116de76f5',
  at: '2026-11-25T12:00:00Z',
  access_key: 'alice',
  address: '10.0.0.1',
  dialect: 'openai',
  method: 'chat.completions',
  model: 'gemini-2.5-flash',
  project: 'p',
  upstream_key: 'k',
  attempts: 2,
  status: 200,
  outcome: 'answered',
  error_scope: '',
  streamed: true,
  prompt_tokens: 1,
  cached_tokens: 0,
  thought_tokens: 0,
  tool_tokens: 0,
  output_tokens: 1,
  cost_nanos: 0,
  saved_nanos: 0,
  waited_ms: 300,
  first_token_ms: 700,
  duration_ms: 1_000,
}

const EXPLANATION = {
  ended: 'answered 200',
  finish_reason: 'STOP',
  warnings: ['store: has no equal'],
  decisions: [
    {
      key: 'sim-…ha-1',
      after_ms: 2,
      took_ms: 90,
      outcome: 'requests_per_minute',
      scope: 'bucket',
      in_play: 2,
      best: [{ key: 1, why: 'least_recently_used', score: 1, headroom: 1, health: 1 }],
      rejected: {},
    },
    {
      key: 'sim-…ha-2',
      waited_ms: 300,
      after_ms: 395,
      took_ms: 200,
      outcome: 'answered',
      in_play: 2,
      best: [],
      rejected: { requests_per_minute: 1, key_invalid: 7 },
    },
  ],
}

test('the story of a request has every step in its order', () => {
  const steps = tell(REQUEST, readExplanation(EXPLANATION))
  expect(steps.map((step) => [step.kind, step.at, step.took])).toEqual([
    ['arrived', 0, undefined],
    ['warned', undefined, undefined],
    ['tried', 2, 90],
    ['waited', 95, 300],
    ['tried', 395, 200],
    ['began', 700, 300],
    ['ended', 1_000, undefined],
  ])
})

test('reasons against keys begin with the one that hit most', () => {
  expect(readExplanation(EXPLANATION)?.decisions[1]?.rejected).toEqual([
    ['key_invalid', 7],
    ['requests_per_minute', 1],
  ])
})

test('where there was no key, the story says so', () => {
  const none = { decisions: [{ outcome: 'no_key', in_play: 1, best: [], rejected: { busy: 1 }, waited_ms: 40 }] }
  const failed = { ...REQUEST, outcome: 'failed' as const, first_token_ms: null }
  expect(tell(failed, readExplanation(none)).map((step) => step.kind)).toEqual([
    'arrived',
    'waited',
    'refused',
    'ended',
  ])
})

test('somebody who may not know the reasons is told of what the record says', () => {
  expect(tell(REQUEST, undefined).map((step) => step.kind)).toEqual(['arrived', 'waited', 'tries', 'began', 'ended'])
  const refused = { ...REQUEST, attempts: 0, outcome: 'failed' as const, waited_ms: 0, first_token_ms: null }
  expect(tell(refused, undefined).map((step) => step.kind)).toEqual(['arrived', 'turned_away', 'ended'])
})

test.each([undefined, null, 'text', 5])('an explanation of %j is none', (value) => {
  expect(readExplanation(value)).toBeUndefined()
})

test('an explanation of another shape does no harm', () => {
  const odd = { ended: 5, warnings: ['a', 7, null], decisions: [3, { best: 'x', rejected: { a: 'b' } }] }
  const read = readExplanation(odd)
  expect(read?.warnings).toEqual(['a'])
  expect(read?.decisions).toHaveLength(1)
  expect(read?.decisions[0]?.rejected).toEqual([])
})

test('a step stands where it happened, within the whole', () => {
  expect(place({ kind: 'ended', at: 500, took: 250 }, 1_000)).toEqual({ left: 50, width: 25 })
  expect(place({ kind: 'ended', at: 900, took: 500 }, 1_000)).toEqual({ left: 90, width: 10 })
  expect(place({ kind: 'ended' }, 1_000)).toBeUndefined()
  expect(place({ kind: 'ended', at: 0 }, 0)).toBeUndefined()
})
