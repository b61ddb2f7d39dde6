import { expect, test } from 'vitest'

import type { ModelStep } from '@/queries/usage'

import { addUp, type Amount, byHourOfWeek, gridOf, spread, timeBefore, topModels, valueOf } from './series'

const NOTHING: Amount = {
  requests: 0,
  answered: 0,
  failed: 0,
  cancelled: 0,
  attempts: 0,
  prompt_tokens: 0,
  cached_tokens: 0,
  thought_tokens: 0,
  tool_tokens: 0,
  output_tokens: 0,
  total_tokens: 0,
  cost_nanos: 0,
  saved_nanos: 0,
  cache_hits: 0,
  cache_hit_rate: 0,
  error_rate: 0,
  average_wait_ms: 0,
  average_duration_ms: 0,
}
const point = (starts_at: string, requests: number): Amount & { starts_at: string } => ({
  ...NOTHING,
  starts_at,
  requests,
})
const step = (starts_at: string, model: string, requests: number): ModelStep => ({
  ...point(starts_at, requests),
  model,
})

test('hours without a request are zero, not missing', () => {
  const grid = gridOf('2026-11-25T08:00:00Z', '2026-11-25T10:16:00Z', 'hour')
  expect(grid.count).toBe(3)
  expect(spread(grid, [point('2026-11-25T09:00:00Z', 7)], (one) => one.requests, 0)).toEqual([0, 7, 0])
})

test('points outside of the time are left out', () => {
  const grid = gridOf('2026-11-25T08:00:00Z', '2026-11-25T09:00:00Z', 'hour')
  const points = [point('2026-11-25T07:00:00Z', 1), point('2026-11-25T09:00:00Z', 1)]
  expect(spread(grid, points, (one) => one.requests, 0)).toEqual([0])
})

test('days are counted right across a change of the clock', () => {
  // On the first of November 2026 the Pacific clock goes back: that day has 25 hours.
  const grid = gridOf('2026-10-31T07:00:00Z', '2026-11-03T08:00:00Z', 'day')
  expect(grid.count).toBe(3)
  const points = [point('2026-10-31T07:00:00Z', 1), point('2026-11-01T07:00:00Z', 2), point('2026-11-02T08:00:00Z', 3)]
  expect(spread(grid, points, (one) => one.requests, 0)).toEqual([1, 2, 3])
  // … and on the eighth of March it goes forward.
  expect(gridOf('2026-03-07T08:00:00Z', '2026-03-10T07:00:00Z', 'day').count).toBe(3)
})

test('the time before is as long, and ends where the time begins', () => {
  const hours = gridOf('2026-11-25T08:00:00Z', '2026-11-25T10:16:00Z', 'hour')
  expect(timeBefore(hours)).toEqual({ from: '2026-11-25T05:00:00.000Z', to: '2026-11-25T08:00:00.000Z' })
  const days = gridOf('2026-11-01T07:00:00Z', '2026-11-03T12:00:00Z', 'day')
  // Within the day that began three days before, whichever way the clock went.
  expect(timeBefore(days).from).toBe('2026-10-29T09:00:00.000Z')
})

test('a share of no requests is unknown, a sum of none is zero', () => {
  expect(valueOf('errors', NOTHING)).toBeNull()
  expect(valueOf('speed', NOTHING)).toBeNull()
  expect(valueOf('cost', { ...NOTHING, cost_nanos: 2_500_000_000 })).toBe(2.5)
  expect(valueOf('requests', NOTHING)).toBe(0)
})

const AT = '2026-11-25T08:00:00Z'

test('models beyond the first few are added up', () => {
  const steps = [step(AT, 'small', 1), step(AT, 'large', 9), step(AT, 'middle', 5), step(AT, 'tiny', 1)]
  const top = topModels(steps, 'requests', 2)
  expect([...top.keys()]).toEqual(['large', 'middle', ''])
  const grid = gridOf(AT, '2026-11-25T09:00:00Z', 'hour')
  expect(addUp(grid, top.get('') ?? [], 'requests')).toEqual([2])
})

test('averages are never added up', () => {
  const top = topModels([step(AT, 'a', 1), step(AT, 'b', 2), step(AT, 'c', 3)], 'speed', 2)
  expect([...top.keys()]).toEqual(['c', 'b'])
})

test('hours of several weeks fall together', () => {
  const monday = new Date(2026, 10, 23, 14)
  const later = new Date(2026, 10, 30, 14)
  const sunday = new Date(2026, 10, 29, 0)
  const points = [monday, later, sunday].map((at) => point(at.toISOString(), 2))
  expect(byHourOfWeek(points, 'requests')).toEqual([
    { day: 0, hour: 14, value: 4 },
    { day: 6, hour: 0, value: 2 },
  ])
})
