import { expect, test } from 'vitest'

import { groupsFor } from './useScope'

test('an ordinary user sees the models of their own usage', () => {
  expect(groupsFor(false, {})).toEqual(['model'])
})

test('of one key or project, only its models are told apart', () => {
  expect(groupsFor(true, { access_key: 'a' })).toEqual(['model'])
  expect(groupsFor(true, { upstream_key: 'k' })).toEqual(['model'])
  expect(groupsFor(true, { project: 'p' })).toEqual(['model'])
})

test('addresses are told for all models together', () => {
  expect(groupsFor(true, {})).toContain('address')
  expect(groupsFor(true, { model: 'm' })).toEqual(['model', 'upstream_key', 'project', 'access_key'])
})
