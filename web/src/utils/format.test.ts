import { expect, test } from 'vitest'

import { formatMoment, formatNumber, formatRelative } from './format'

test.each([
  [undefined, 'plain', '–'],
  [null, 'money', '–'],
  [Number.NaN, 'plain', '–'],
  [1_234_567, 'plain', '1,234,567'],
  [1_234_567, 'compact', '1.23M'],
  [999, 'compact', '999'],
  [0.1234, 'percent', '12.3%'],
  [0, 'money', '$0.00'],
  [12.5, 'money', '$12.50'],
  [0.000213, 'money', '$0.000213'],
  [340, 'duration', '340 ms'],
  [2_100, 'duration', '2.1 sec'],
  [200_000, 'duration', '3 min 20 sec'],
  [14_700_000, 'duration', '4 hr 5 min'],
  [86_400_000, 'duration', '1 day'],
  [999, 'bytes', '999 byte'],
  [1_500_000, 'bytes', '1.5 MB'],
] as const)('%j as %s is %j', (value, style, text) => {
  expect(formatNumber('en', value, style)).toBe(text)
})

test('times are said in the language of the page', () => {
  const now = Date.parse('2026-11-25T10:00:00Z')
  expect(formatRelative('en', '2026-11-25T09:55:00Z', now)).toBe('5 min. ago')
  expect(formatRelative('zh-CN', '2026-11-27T10:00:01Z', now)).toBe('后天')
  expect(formatMoment('en', 'nonsense')).toBe('–')
})
