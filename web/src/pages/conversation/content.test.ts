import { expect, test } from 'vitest'

import { piecesOf, wordsOf } from './content'

const said = (...parts: unknown[]) => piecesOf({ role: 'model', parts })

test('words that came in parts are one text; thoughts stay apart', () => {
  expect(said({ text: 'Hmm', thought: true }, { text: ' so', thought: true }, { text: 'Hel' }, { text: 'lo' })).toEqual(
    [
      { kind: 'thought', text: 'Hmm so' },
      { kind: 'text', text: 'Hello' },
    ],
  )
})

test('a part with a signature alone says nothing', () => {
  expect(said({ text: '', thoughtSignature: 'abc' }, { thoughtSignature: 'abc' })).toEqual([])
})

test('pictures are shown, other data is named', () => {
  expect(said({ inlineData: { mimeType: 'image/png', data: 'aGk-_w==' } })).toEqual([
    { kind: 'picture', type: 'image/png', url: 'data:image/png;base64,aGk+/w==' },
  ])
  expect(said({ inlineData: { mimeType: 'audio/wav', data: 'aGk=' } })).toEqual([
    { kind: 'file', type: 'audio/wav', name: '' },
  ])
})

test.each(['image/svg+xml', 'text/html', 'image/png" onerror="x'])(
  'data that calls itself %j is no picture',
  (type) => {
    expect(said({ inlineData: { mimeType: type, data: 'aGk=' } })[0]?.kind).toBe('file')
  },
)

test('what is no base64 gets into no address', () => {
  expect(said({ inlineData: { mimeType: 'image/png', data: '"><script>' } })[0]?.kind).toBe('file')
})

test('calls, results, code and what it printed', () => {
  expect(
    said(
      { functionCall: { name: 'weather', args: { city: 'Lisbon' } }, thoughtSignature: 'abc' },
      { functionResponse: { name: 'weather', response: { sky: 'blue' } } },
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
    ),
  ).toEqual([
    { kind: 'call', name: 'weather', arguments: '{\n  "city": "Lisbon"\n}' },
    { kind: 'result', name: 'weather', result: '{\n  "sky": "blue"\n}' },
    { kind: 'code', language: 'python', code: 'print(1)' },
    { kind: 'output', outcome: 'OUTCOME_OK', output: '1' },
  ])
})

test('what is not known yet is shown as it is', () => {
  expect(said({ hologram: { size: 3 } })).toEqual([
    { kind: 'other', json: '{\n  "hologram": {\n    "size": 3\n  }\n}' },
  ])
})

test.each([null, undefined, 'text', 3, [], {}, { parts: 'none' }, { parts: [null, 'x', 3, []] }])(
  'of %j nothing is shown',
  (content) => {
    expect(piecesOf(content)).toEqual([])
  },
)

test('the words are copied without thoughts and calls', () => {
  const pieces = said({ text: 'no', thought: true }, { text: 'One' }, { functionCall: { name: 'f' } }, { text: 'Two' })
  expect(wordsOf(pieces)).toBe('One\n\nTwo')
})
