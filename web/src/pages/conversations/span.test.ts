import { expect, test } from 'vitest'

import { joinSpan, splitSpan } from './span'

test.each([
  [86_400, 1, 'days'],
  [2_592_000, 30, 'days'],
  [90_000, 25, 'hours'],
  [3_600, 1, 'hours'],
  [5_400, 90, 'minutes'],
  [90, 2, 'minutes'],
  [1, 1, 'minutes'],
] as const)('%d seconds are %d %s', (seconds, count, unit) => {
  expect(splitSpan(seconds)).toEqual({ count, unit })
})

test.each([undefined, 0, -1, 1.5, Number.NaN])('%s of anything is no time', (count) => {
  expect(joinSpan(count, 'days')).toBeUndefined()
})

test('a time is the same again', () => {
  for (const seconds of [60, 3_600, 86_400, 7 * 86_400]) {
    const { count, unit } = splitSpan(seconds)
    expect(joinSpan(count, unit)).toBe(seconds)
  }
})
