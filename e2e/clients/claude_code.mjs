// @anthropic-ai/claude-code, run as a person would, in a home folder of its own. It speaks Anthropic's Messages.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import {
  GREETING, LONG, MISSING, PICTURE, RED, SEEN, SIGNING, STORY, assertDone, complaint, freshHome, leave, lines, run, task,
} from './common.mjs'

const folder = 'node_modules/@anthropic-ai/claude-code'
console.log('version', JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version)
// What the package's `bin` is replaced by once its install script has run.
const program = resolve(folder, 'cli-wrapper.cjs')
const home = freshHome()

const env = {
  ANTHROPIC_BASE_URL: process.env.GAP_URL,
  ANTHROPIC_API_KEY: process.env.GAP_KEY,
  ANTHROPIC_SMALL_FAST_MODEL: 'gemini-2.5-flash',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
}
const line = (model, ...more) => [program, '--model', model, '--allowedTools', 'Bash,Read,Write,WebSearch', ...more]

/** What one run prints. */
const claude = (model, prompt, ...more) => run(home, process.execPath, line(model, ...more, '-p', prompt), env)

const json = ['--output-format', 'stream-json', '--verbose', '--include-partial-messages']
const blocks = (events, type) => events.flatMap((event) => (event.message?.content ?? []).filter?.((block) => block.type === type) ?? [])

// On a model that signs its answer: what is printed is the answer.
for (const model of ['gemini-2.5-flash', SIGNING]) assert.equal(claude(model, GREETING).trim(), 'Hello from upstream')
console.log('ok chat')
const long = lines(claude('gemini-2.5-flash', STORY, ...json))
const pieces = long.filter((event) => event.event?.delta?.type === 'text_delta')
assert.ok(pieces.length >= 8, `${pieces.length}`)
assert.ok(long.at(-1).usage.output_tokens > 0)
console.log('ok stream')
const tools = lines(claude(SIGNING, '[[sim: calls=Read args={"file_path":"note.txt"}]] What is the word?', ...json))
assert.match(JSON.stringify(blocks(tools, 'tool_result')), /heron/)
console.log('ok tools')
// A picture in the prompt, and one that it opens itself: that comes back inside a result.
const source = { type: 'base64', media_type: 'image/png', data: PICTURE }
const content = [{ type: 'image', source }, { type: 'text', text: SEEN }]
const given = `${JSON.stringify({ type: 'user', message: { role: 'user', content } })}\n`
const seen = lines(run(home, process.execPath, line(SIGNING, ...json, '-p', '--input-format', 'stream-json'), env, given))
assert.equal(seen.at(-1).result, RED)
const open = `[[sim: calls=Read args={"file_path":"${home}/project/picture.png"}]] [[sim: step=2 text="It is red."]] Look at it.`
assert.equal(claude(SIGNING, open).trim(), RED)
console.log('ok vision')
const search = '[[sim: calls=WebSearch args={"query":"heron"}]] [[sim: step=2 text="Herons fish."]] What do herons do?'
const searched = lines(claude(SIGNING, search, ...json))
assert.match(JSON.stringify(blocks(searched, 'tool_result')), /Links: .*https:/)
assert.equal(searched.at(-1).result, 'Herons fish.')
console.log('ok search')
assert.match(complaint(home, process.execPath, line(MISSING, '-p', GREETING), env), /gemini-9-missing/)
console.log('ok errors')
await leave(home, process.execPath, line('gemini-2.5-flash', '-p', LONG), env)
console.log('ok cancel')
const done = lines(
  claude(
    SIGNING,
    task(
      ['Read', { file_path: `${home}/project/note.txt` }],
      ['Write', { file_path: `${home}/project/answer.txt`, content: 'heron\n' }],
      ['Bash', { command: 'cat answer.txt', description: 'Look at it' }],
    ),
    ...json,
  ),
)
assert.equal(blocks(done, 'tool_result').filter((block) => !block.is_error).length, 3, JSON.stringify(blocks(done, 'tool_result')))
assert.ok(blocks(done, 'thinking').some((block) => block.thinking && block.signature))
assertDone(home, done.at(-1).result)
console.log('ok task')
