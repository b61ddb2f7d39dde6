import { expect, test } from 'vitest'

import { EXAMPLE_TOOLS, readTools } from './tools'

const named = (name: unknown, more: object = {}) => ({ type: 'function', function: { name, ...more } })
const faultOf = (value: unknown) => readTools(JSON.stringify(value)).problem

test('nothing is no tool; the example and tools of Google are tools', () => {
  expect(readTools(' \n')).toEqual({ tools: [] })
  expect(readTools(EXAMPLE_TOOLS).tools).toHaveLength(1)
  expect(readTools('[{"type":"google_search"}]')).toEqual({ tools: [{ type: 'google_search' }] })
})

test('broken JSON is told in the words of the browser', () => {
  expect(readTools('[{')).toMatchObject({ tools: [], problem: { fault: 'json' } })
  expect(readTools('[{').problem?.detail).toBeTruthy()
})

test.each([
  [{}, { fault: 'list' }],
  [[named('f'), 7], { fault: 'item', tool: 2 }],
  [[{ function: {} }], { fault: 'type', tool: 1 }],
  [[{ type: 'function' }], { fault: 'function', tool: 1 }],
  [[named('')], { fault: 'name', tool: 1 }],
  [[named(7)], { fault: 'name', tool: 1 }],
  [[named('x'.repeat(129))], { fault: 'name', tool: 1 }],
  [[named('f'), named('f')], { fault: 'twice', tool: 2 }],
  [[named('f', { parameters: [] })], { fault: 'parameters', tool: 1 }],
])('%j is refused with its place', (value, problem) => expect(faultOf(value)).toEqual(problem))
