import { expect, test } from 'vitest'

import { filterOf, orderOf } from './filters'

const nothing = { words: '', pinned: '', model: '', accessKey: '', idle: '' }
const NOW = Date.UTC(2026, 10, 25, 13, 42, 12)

test('nothing chosen asks for everything', () => {
  expect(Object.values(filterOf(nothing, NOW)).every((value) => value === undefined)).toBe(true)
})

test('what is chosen is asked for, without blanks around words', () => {
  expect(filterOf({ ...nothing, words: ' trip ', pinned: 'yes', model: 'm', accessKey: 'a' }, NOW)).toMatchObject({
    text: 'trip',
    pinned: true,
    model: 'm',
    access_key: 'a',
  })
})

test('a long silence is counted from the hour, so that a list is not asked for anew each second', () => {
  const before = filterOf({ ...nothing, idle: '7d' }, NOW).before
  expect(before).toBe('2026-11-18T13:00:00.000Z')
  expect(filterOf({ ...nothing, idle: '7d' }, NOW + 60_000).before).toBe(before)
})

test.each(['forever', '7', 'constructor', ''])('a silence of %j is none', (idle) => {
  expect(filterOf({ ...nothing, idle }, NOW).before).toBeUndefined()
})

test('an order that there is not is the usual one', () => {
  expect(orderOf('tokens')).toBe('tokens')
  expect(orderOf('colour')).toBe('newest')
})
