import { execFileSync } from 'node:child_process'

import { expect, test } from 'vitest'

import type { ChatRequest } from './conversation'
import { SNIPPETS, toPython, writeSnippet } from './snippets'

const request: ChatRequest = {
  model: 'gemini-x',
  messages: [{ role: 'user', content: 'It\'s "quoted" $HOME `x` \\ \n 你好' }],
  top_k: 3,
  google: { thinking_config: { include_thoughts: true } },
  stream: true,
  stream_options: { include_usage: true },
}

test.each(SNIPPETS)('%s names this address and never a key', (kind) => {
  const { code, shortened } = writeSnippet(kind, request, 'https://gap.example.org/base')
  expect(code).toContain('https://gap.example.org/base/v1')
  expect(code).toContain('GAP_KEY')
  expect(shortened).toBe(false)
})

test('a shell passes the request on to the letter', () => {
  const { code } = writeSnippet('curl', request, 'http://x')
  // In the place of curl stands a program that shows its last argument.
  const script = `curl() { printf %s "\${@: -1}"; }\n${code}`
  const body = execFileSync('bash', ['-c', script], { encoding: 'utf8' })
  expect(JSON.parse(body)).toEqual(request)
})

test('Python has its own words, and what its SDK does not know in extra_body', () => {
  expect(toPython({ a: [true, false, null, 1.5, 'x'], b: {}, c: [] })).toBe(
    '{\n    "a": [\n        True,\n        False,\n        None,\n        1.5,\n        "x",\n    ],\n    "b": {},\n    "c": [],\n}',
  )
  const { code } = writeSnippet('python', request, 'http://x')
  expect(code).toMatch(/extra_body=\{\n {8}"top_k": 3,\n {8}"google"/)
  expect(code).not.toMatch(/^ {4}top_k=/m)
})

test('long pictures are left out, and it is said', () => {
  const url = `data:image/png;base64,${'A'.repeat(5_000)}`
  const picture = { ...request, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] }
  const { code, shortened } = writeSnippet('curl', picture, 'http://x')
  expect(shortened).toBe(true)
  expect(code).toContain('data:image/png;base64,…')
  const long = { ...request, messages: [{ role: 'user', content: 'A'.repeat(5_000) }] }
  expect(writeSnippet('curl', long, 'http://x')).toMatchObject({ shortened: false })
})
