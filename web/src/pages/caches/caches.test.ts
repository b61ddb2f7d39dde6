import { expect, test } from 'vitest'

import type { Cache } from '@/queries/caches'

import { balanceOf, titleOf } from './caches'

const cache = (part: Partial<Cache>) => ({ display_name: '', name: 'cachedContents/a1', ...part }) as Cache

test('a cache is called as people call it, else as Google does', () => {
  expect(titleOf(cache({ display_name: 'Handbook' }))).toBe('Handbook')
  expect(titleOf(cache({}))).toBe('cachedContents/a1')
})

test('a cache that nobody read has cost more than it saved', () => {
  expect(balanceOf(cache({ saved_nanos: 0, spent_nanos: 4_920_000 }))).toBe(-4_920_000)
  expect(balanceOf(cache({ saved_nanos: 9_000_000, spent_nanos: 4_920_000 }))).toBe(4_080_000)
})
