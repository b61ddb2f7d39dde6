// opencode-ai, run as a person would, in a home folder of its own. It speaks chat completions.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { GREETING, LONG, MISSING, SIGNING, STORY, assertDone, complaint, freshHome, leave, lines, run, task } from './common.mjs'

console.log('version', JSON.parse(readFileSync('node_modules/opencode-ai/package.json', 'utf8')).version)
const program = resolve(`node_modules/opencode-${process.platform}-${process.arch}/bin/opencode`)
const home = freshHome()
const options = { baseURL: `${process.env.GAP_URL}/v1`, apiKey: process.env.GAP_KEY }
const models = { 'gemini-2.5-flash': {}, [SIGNING]: {}, [MISSING]: {} }
writeFileSync(
  `${home}/project/opencode.json`,
  JSON.stringify({
    autoupdate: false,
    share: 'disabled',
    permission: { edit: 'allow', bash: 'allow' },
    small_model: 'gap/gemini-2.5-flash',
    provider: { gap: { npm: '@ai-sdk/openai-compatible', name: 'GAP', options, models } },
  }),
)

const env = { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1' }
const line = (model) => ['run', '--format', 'json', '-m', `gap/${model}`]

/** The events of one run. The prompt goes in by standard input: as an argument it would be put in quotes. */
const opencode = (model, prompt) => lines(run(home, program, line(model), env, prompt))

const said = (events) => events.filter((event) => event.type === 'text').map((event) => event.part.text)
const used = (events) => events.filter((event) => event.type === 'tool_use' && event.part.state.status === 'completed')

assert.ok(said(opencode('gemini-2.5-flash', GREETING)).includes('Hello from upstream'))
console.log('ok chat')
const long = opencode('gemini-2.5-flash', STORY)
assert.ok(said(long).some((text) => text.length >= 300))
assert.ok(long.some((event) => event.part?.tokens?.output > 0))
console.log('ok stream')
const tools = opencode(SIGNING, `[[sim: calls=read args={"filePath":"${home}/project/note.txt"}]] What is the word?`)
assert.match(JSON.stringify(used(tools)), /heron/)
console.log('ok tools')
assert.match(complaint(home, program, line(MISSING), env, GREETING), /gemini-9-missing is not found/)
console.log('ok errors')
await leave(home, program, line('gemini-2.5-flash'), env, LONG)
console.log('ok cancel')
const done = opencode(
  SIGNING,
  task(
    ['read', { filePath: `${home}/project/note.txt` }],
    ['write', { filePath: `${home}/project/answer.txt`, content: 'heron\n' }],
    ['bash', { command: 'cat answer.txt', description: 'Look at it' }],
  ),
)
assert.equal(used(done).length, 3, JSON.stringify(done))
assertDone(home, said(done).at(-1))
console.log('ok task')
