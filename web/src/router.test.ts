import { expect, test } from 'vitest'
import type { RouteLocationNormalized } from 'vue-router'

import { PAGES, pagesFor } from './navigation'
import { guard, safeNext } from './router'

test.each([
  '//evil.example',
  'https://evil.example',
  '/\\evil.example',
  'javascript:alert(1)',
  undefined,
  ['/a'],
  '/login',
])('the login never leads to %j', (next) => {
  expect(safeNext(next)).toBe('/app/dashboard')
})

test('the login leads back to where one wanted to go', () => {
  expect(safeNext('/app/requests?q=a%20b#c')).toBe('/app/requests?q=a%20b#c')
})

test('who has not logged in is asked to, and comes back', () => {
  const to = { fullPath: '/app/keys?page=2', name: 'keys', meta: {}, query: {} } as unknown as RouteLocationNormalized
  expect(guard(to)).toEqual({ name: 'login', query: { next: '/app/keys?page=2' } })
})

test('an ordinary user is not shown what is for administrators', () => {
  expect(pagesFor(false).map((page) => page.name)).not.toContain('keys')
  expect(pagesFor(true).map((page) => page.name)).toContain('keys')
})

test('no two pages share a shortcut', () => {
  const shortcuts = PAGES.flatMap((page) => page.shortcut ?? [])
  expect(new Set(shortcuts).size).toBe(shortcuts.length)
})
