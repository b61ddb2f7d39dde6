// @google/gemini-cli, run as a person would, in a home folder of its own.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import {
  GREETING, LONG, MISSING, RED, SIGNING, STORY, assertDone, complaint, freshHome, leave, lines, run, task,
} from './common.mjs'

const { version, bin } = JSON.parse(readFileSync('node_modules/@google/gemini-cli/package.json', 'utf8'))
console.log('version', version)
const program = resolve('node_modules/@google/gemini-cli', typeof bin === 'string' ? bin : bin.gemini)
const home = freshHome()
mkdirSync(`${home}/.gemini`)
const settings = { security: { auth: { selectedType: 'gemini-api-key' } }, privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false } }
writeFileSync(`${home}/.gemini/settings.json`, JSON.stringify(settings))

const env = { GOOGLE_GEMINI_BASE_URL: process.env.GAP_URL, GEMINI_API_KEY: process.env.GAP_KEY, GEMINI_CLI_TRUST_WORKSPACE: 'true' }
const line = (model, ...parameters) => [program, '-m', model, ...parameters]
const gemini = (...asked) => run(home, process.execPath, line(...asked), env)

const json = ['--approval-mode', 'yolo', '--output-format', 'stream-json', '-p']

assert.ok(gemini('gemini-2.5-flash', '-p', GREETING).includes('Hello from upstream'))
console.log('ok chat')
assert.ok(lines(gemini('gemini-2.5-flash', ...json, STORY)).length >= 3)
console.log('ok stream')
assert.match(gemini('gemini-2.5-flash', ...json, '[[sim: calls=list_directory args={"dir_path":"."}]] What is here?'), /tool_(use|result)/)
console.log('ok tools')
const said = (text) => lines(text).filter((event) => event.type === 'message' && event.role === 'assistant').map((event) => event.content).join('')
const open = '[[sim: calls=read_file args={"file_path":"picture.png"}]] [[sim: step=2 text="It is red."]] What colour is the picture?'
assert.equal(said(gemini(SIGNING, ...json, open)), RED)
console.log('ok vision')
// The search is a request of its own, with a prompt of its own.
const search = '[[sim: calls=google_web_search args={"query":"heron"}]] [[sim: step=2 text="Herons fish."]] What do herons do?'
const searched = gemini(SIGNING, ...json, search)
assert.equal(said(searched), 'Herons fish.')
assert.match(searched, /"status":"success"/)
console.log('ok search')
assert.match(complaint(home, process.execPath, line(MISSING, '-p', GREETING), env), /gemini-9-missing|not found/i)
console.log('ok errors')
await leave(home, process.execPath, line('gemini-2.5-flash', '-p', LONG), env)
console.log('ok cancel')
const done = lines(
  gemini(
    SIGNING,
    ...json,
    task(
      ['read_file', { file_path: 'note.txt' }],
      ['write_file', { file_path: `${home}/project/answer.txt`, content: 'heron\n' }],
      ['run_shell_command', { command: 'cat answer.txt' }],
    ),
  ),
)
const good = done.filter((event) => event.type === 'tool_result' && event.status === 'success')
assert.equal(good.length, 3, JSON.stringify(done))
assertDone(home, done.filter((event) => event.type === 'message' && event.role === 'assistant').map((event) => event.content).join(''))
console.log('ok task')
