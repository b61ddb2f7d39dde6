import { describe, expect, test } from 'vitest'

import type { Schema } from '@/api/client'

import { attentionOf } from './attention'
import { hoursOf, runningHour } from './hours'

const health = (keys: Partial<Schema<'Health'>['keys']>, database = 'ok') =>
  ({
    database: { status: database },
    keys: { total: 4, healthy: 4, resting: 0, disabled: 0, ...keys },
  }) as Schema<'Health'>
const model = (changes: Partial<Schema<'ModelView'>>) =>
  ({
    model: 'gemini-2.5-pro',
    unlimited_projects: 0,
    advice: 'enough',
    more_projects: 0,
    ...changes,
  }) as Schema<'ModelView'>
const hour = (failed: number, requests: number) =>
  ({ requests, failed, answered: requests - failed, error_rate: failed / requests }) as Schema<'Amount'>
const kinds = (...what: Parameters<typeof attentionOf>) => attentionOf(...what).map(({ kind }) => kind)

describe('what needs attention', () => {
  test('is nothing while all is well, or not yet known', () => {
    expect(kinds(health({}), [model({ left: 50 })], hour(1, 100))).toEqual([])
    expect(kinds(undefined, [], undefined)).toEqual([])
  })

  test('is a gateway without keys, and nothing else of it', () => {
    expect(kinds(health({ total: 0, healthy: 0 }), [], undefined)).toEqual(['no-keys'])
  })

  test('is that no key answers, before that some are disabled', () => {
    expect(kinds(health({ healthy: 0, resting: 3, disabled: 1 }), [], undefined)).toEqual(['none-healthy', 'disabled'])
  })

  test('is a storm of resting keys, not one that rests', () => {
    expect(kinds(health({ healthy: 3, resting: 1 }), [], undefined)).toEqual([])
    expect(kinds(health({ healthy: 2, resting: 2 }), [], undefined)).toEqual(['resting'])
  })

  test('is a database that is away', () => {
    expect(kinds(health({}, 'unreachable'), [], undefined)).toEqual(['database'])
  })

  test('is an hour of failures, not a single one', () => {
    expect(kinds(health({}), [], hour(1, 2))).toEqual([])
    expect(kinds(health({}), [], hour(5, 500))).toEqual([])
    expect(kinds(health({}), [], hour(5, 20))).toEqual(['errors'])
  })

  test('is a model that is used up, worse than one that will be', () => {
    const models = [
      model({ model: 'a', left: 9, dry_at: '2026-06-15T20:00:00Z', load: 1.2 }),
      model({ model: 'b', left: 0, load: 1 }),
      model({ model: 'c', left: 9, advice: 'add_surely', more_projects: 2, load: 0.9 }),
    ]
    expect(kinds(health({}), models, undefined)).toEqual(['used-up', 'runs-dry', 'more-projects'])
  })

  test('is no model that another project of unknown limit may serve', () => {
    expect(kinds(health({}), [model({ left: 0, unlimited_projects: 1 })], undefined)).toEqual([])
  })
})

describe('hours', () => {
  const stats = {
    from: '2026-06-15T10:00:00Z',
    to: '2026-06-15T12:30:00Z',
    series: [{ starts_at: '2026-06-15T11:00:00Z', answered: 3, failed: 1, cancelled: 0 }],
  } as Schema<'Stats'>

  test('have no gap', () => {
    expect(hoursOf(stats).map(({ answered, failed }) => [answered, failed])).toEqual([
      [0, 0],
      [3, 1],
      [0, 0],
    ])
  })

  test('end with the one that is running', () => {
    expect(runningHour(stats)).toBeUndefined()
    expect(runningHour({ ...stats, to: '2026-06-15T11:59:00Z' })?.answered).toBe(3)
    expect(runningHour(undefined)).toBeUndefined()
  })
})
