import { expect, test } from 'vitest'

import type { Schema } from '@/api/client'

import { byUrgency, loadOf, nameOf, restingModels, tightest, toneOfQuota } from './buckets'

type Quota = Schema<'QuotaOut'>

const quota = (name: string, used: number, limit: number | null): Quota => ({
  quota: name,
  used,
  limit,
  source: limit === null ? null : 'default',
})
const bucket = (model: string, quotas: Quota[], cause: string | null = null): Schema<'BucketOut'> => ({
  model,
  quotas,
  cause,
  health: 1,
})

test('no share is made up where nobody has named a limit', () => {
  expect(loadOf(quota('requests_per_day', 7, null))).toBeUndefined()
})

test('a quota of nothing is full', () => {
  expect(loadOf(quota('requests_per_day', 0, 0))).toBe(1)
})

test('of several quotas the one that ends first is shown', () => {
  const quotas = [
    quota('requests_per_minute', 4, 5),
    quota('requests_per_day', 10, 100),
    quota('tokens_per_day', 9, null),
  ]
  expect(tightest(bucket('m', quotas))?.quota).toBe('requests_per_minute')
})

test('without a limit the requests of the day are shown', () => {
  const quotas = [quota('requests_per_minute', 1, null), quota('requests_per_day', 3, null)]
  expect(tightest(bucket('m', quotas))?.quota).toBe('requests_per_day')
  expect(tightest(bucket('m', []))).toBeUndefined()
})

test('what rests comes first, then what is nearly full', () => {
  const buckets = [
    bucket('calm', [quota('requests_per_day', 1, 100)]),
    bucket('full', [quota('requests_per_day', 99, 100)]),
    bucket('resting', [quota('requests_per_day', 1, 100)], 'requests_per_minute'),
  ]
  expect(byUrgency(buckets).map(({ model }) => model)).toEqual(['resting', 'full', 'calm'])
  expect(restingModels(buckets)).toBe(1)
})

test('a key without a label is called by what may be shown of it', () => {
  expect(nameOf({ label: '', key: 'AIza…89bb' })).toBe('AIza…89bb')
  expect(nameOf({ label: 'mine', key: 'AIza…89bb' })).toBe('mine')
})

test('a full minute is less of a worry than a full day', () => {
  expect(toneOfQuota(quota('requests_per_minute', 5, 5))).toBe('warn')
  expect(toneOfQuota(quota('requests_per_day', 5, 5))).toBe('bad')
  expect(toneOfQuota(quota('requests_per_day', 1, 5))).toBe('accent')
})
