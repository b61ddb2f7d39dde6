import { expect, test } from 'vitest'

import { bytesOf, partsOf } from './import-text'

test('many lines are entered in parts that miss none of them', () => {
  const lines = Array.from({ length: 5 }, (_, at) => `key-${at}`)
  const parts = partsOf(lines.join('\n'), 2)
  expect(parts.map((part) => part.linesBefore)).toEqual([0, 2, 4])
  expect(parts.flatMap((part) => part.text.split('\n'))).toEqual(lines)
})

test('lines of Windows are cut at their ends', () => {
  expect(partsOf('a\r\nb\r\nc', 2).map((part) => part.text)).toEqual(['a\r\nb\r', 'c'])
})

test.each(['[ "a",\n"b" ]', '\n  {"API_KEYS": [\n"a"]}', '\uFEFF[\n"a"]'])('JSON %j stays whole', (text) => {
  expect(partsOf(text, 1)).toEqual([{ text, linesBefore: 0 }])
})

test('nothing but blank lines is nothing to enter', () => {
  expect(partsOf('\n \n\n', 2)).toEqual([])
})

test('a text is measured as it is sent', () => {
  expect(bytesOf('键')).toBe(3)
})
