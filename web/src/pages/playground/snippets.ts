// The request of the playground as it is written in programs.
import type { ChatRequest } from './conversation'

export const SNIPPETS = ['curl', 'python', 'javascript'] as const
export type Snippet = (typeof SNIPPETS)[number]

/** Longer pictures would bury the request; `shortened` says that they were left out. */
const LONGEST_DATA = 1_000
const ADDRESS = /^data:([\w/.+-]+);base64,/

/** The request in the words of a language, for the gateway at `base`. */
export function writeSnippet(kind: Snippet, request: ChatRequest, base: string): { code: string; shortened: boolean } {
  let shortened = false
  const short = JSON.parse(JSON.stringify(request), (_name, value: unknown) => {
    if (typeof value !== 'string' || value.length <= LONGEST_DATA) return value
    const start = ADDRESS.exec(value)
    if (start === null) return value
    shortened = true
    return `${start[0]}…`
  }) as ChatRequest
  return { code: WRITERS[kind](short, base), shortened }
}

const WRITERS: Record<Snippet, (request: ChatRequest, base: string) => string> = {
  curl: (request, base) =>
    [
      `curl -N ${base}/v1/chat/completions \\`,
      '  -H "Authorization: Bearer $GAP_KEY" \\',
      "  -H 'Content-Type: application/json' \\",
      `  -d '${JSON.stringify(request, null, 2).replaceAll("'", String.raw`'\''`)}'`,
    ].join('\n'),
  python: (request, base) => {
    // What OpenAI's SDK does not know goes beside its arguments.
    const { google, top_k, ...known } = request
    const extra = { ...(top_k === undefined ? {} : { top_k }), ...(google === undefined ? {} : { google }) }
    const all = Object.keys(extra).length === 0 ? known : { ...known, extra_body: extra }
    const given = Object.entries(all).map(([name, value]) => `    ${name}=${toPython(value, 1)},`)
    return [
      'import os',
      '',
      'from openai import OpenAI',
      '',
      `client = OpenAI(base_url=${JSON.stringify(`${base}/v1`)}, api_key=os.environ["GAP_KEY"])`,
      'stream = client.chat.completions.create(',
      ...given,
      ')',
      'for chunk in stream:',
      '    if chunk.choices and chunk.choices[0].delta.content:',
      '        print(chunk.choices[0].delta.content, end="", flush=True)',
    ].join('\n')
  },
  javascript: (request, base) =>
    [
      "import OpenAI from 'openai'",
      '',
      `const client = new OpenAI({ baseURL: ${JSON.stringify(`${base}/v1`)}, apiKey: process.env.GAP_KEY })`,
      `const stream = await client.chat.completions.create(${JSON.stringify(request, null, 2)})`,
      'for await (const chunk of stream) {',
      "  process.stdout.write(chunk.choices[0]?.delta?.content ?? '')",
      '}',
    ].join('\n'),
}

/** A value of JSON as Python writes it; `depth` is how far it is indented. */
export function toPython(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value !== 'object') return JSON.stringify(value)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const items = Array.isArray(value)
    ? value.map((item: unknown) => toPython(item, depth + 1))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${toPython(item, depth + 1)}`)
  if (items.length === 0) return `${open}${close}`
  const pad = '    '.repeat(depth + 1)
  return `${open}\n${items.map((item) => `${pad}${item},\n`).join('')}${'    '.repeat(depth)}${close}`
}
