import { expect, test } from 'vitest'

import type { RequestLine } from '@/queries/requests'

import { merge, passes, readSearch } from './tail'

function line(id: string, at: string, more: Partial<RequestLine> = {}): RequestLine {
  return {
    id,
    at,
    access_key: 'alice',
    address: '10.0.0.1',
    dialect: 'openai',
    method: 'chat.completions',
    model: 'gemini-2.5-flash',
    project: 'p',
    upstream_key: 'k',
    attempts: 1,
    status: 200,
    outcome: 'answered',
    error_scope: '',
    streamed: false,
    prompt_tokens: 1,
    cached_tokens: 0,
    thought_tokens: 0,
    tool_tokens: 0,
    output_tokens: 1,
    cost_nanos: 0,
    saved_nanos: 0,
    waited_ms: 0,
    duration_ms: 1,
    ...more,
  }
}

const NOON = '2026-11-25T12:00:00Z'

test('lines that came since are put where the log would list them', () => {
  const page = [line('c', '2026-11-25T12:00:03Z'), line('a', '2026-11-25T12:00:01Z')]
  const slow = line('b', '2026-11-25T12:00:02Z')
  const newest = line('d', '2026-11-25T12:00:04Z')
  expect(merge([slow, newest], page, 10).map((one) => one.id)).toEqual(['d', 'c', 'b', 'a'])
  expect(merge([slow, newest], page, 2).map((one) => one.id)).toEqual(['d', 'c'])
})

test('a line that is on the page already is not listed twice', () => {
  const page = [line('a', NOON)]
  expect(merge([line('a', NOON)], page, 10)).toHaveLength(1)
  expect(merge([], page, 10)).toEqual(page)
})

test.each([
  [{}, true],
  [{ model: 'gemini-2.5-flash', outcome: 'answered' }, true],
  [{ model: 'gemini-2.5-pro' }, false],
  [{ access_key: 'bob' }, false],
  [{ upstream_key: 'other' }, false],
  [{ address: '10.0.0.2' }, false],
  [{ outcome: 'failed' }, false],
  [{ from: '2026-11-25T12:00:01Z' }, false],
  [{ from: NOON }, true],
  [{ to: NOON }, false],
] as const)('a filter of %j lets it pass: %j', (query, pass) => {
  expect(passes(line('a', NOON), query)).toBe(pass)
})

test.each([
  ['', undefined],
  ['   ', undefined],
  ['01a21234-9d36', { model: '01a21234-9d36' }],
  [' 01A21234-9d36-7066-97b3-bc6116de76f5 ', { request: '01a21234-9d36-7066-97b3-bc6116de76f5' }],
  ['01a212349d36706697b3bc6116de76f5', { request: '01a212349d36706697b3bc6116de76f5' }],
  ['10.1.2.3', { address: '10.1.2.3' }],
  ['2001:DB8::1', { address: '2001:db8::1' }],
  ['::ffff:10.1.2.3', { address: '::ffff:10.1.2.3' }],
  ['models/gemini-2.5-flash', { model: 'gemini-2.5-flash' }],
])('%j is a search for %j', (text, found) => {
  expect(readSearch(text)).toEqual(found)
})
