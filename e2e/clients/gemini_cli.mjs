// @google/gemini-cli, run as a person would, in a home folder of its own.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { GREETING, SIGNING, STORY, assertDone, freshHome, lines, run, task } from './common.mjs'

const { version, bin } = JSON.parse(readFileSync('node_modules/@google/gemini-cli/package.json', 'utf8'))
console.log('version', version)
const program = resolve('node_modules/@google/gemini-cli', typeof bin === 'string' ? bin : bin.gemini)
const home = freshHome()
mkdirSync(`${home}/.gemini`)
const settings = { security: { auth: { selectedType: 'gemini-api-key' } }, privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false } }
writeFileSync(`${home}/.gemini/settings.json`, JSON.stringify(settings))

function gemini(model, ...parameters) {
  const env = { GOOGLE_GEMINI_BASE_URL: process.env.GAP_URL, GEMINI_API_KEY: process.env.GAP_KEY, GEMINI_CLI_TRUST_WORKSPACE: 'true' }
  return run(home, process.execPath, [program, '-m', model, ...parameters], env)
}

const json = ['--approval-mode', 'yolo', '--output-format', 'stream-json', '-p']

assert.ok(gemini('gemini-2.5-flash', '-p', GREETING).includes('Hello from upstream'))
console.log('ok chat')
assert.ok(lines(gemini('gemini-2.5-flash', ...json, STORY)).length >= 3)
console.log('ok stream')
assert.match(gemini('gemini-2.5-flash', ...json, '[[sim: calls=list_directory args={"dir_path":"."}]] What is here?'), /tool_(use|result)/)
console.log('ok tools')
const done = lines(
  gemini(
    SIGNING,
    ...json,
    task(
      ['read_file', { file_path: 'note.txt' }],
      ['write_file', { file_path: `${home}/work/answer.txt`, content: 'heron\n' }],
      ['run_shell_command', { command: 'cat answer.txt' }],
    ),
  ),
)
const good = done.filter((event) => event.type === 'tool_result' && event.status === 'success')
assert.equal(good.length, 3, JSON.stringify(done))
assertDone(home, done.filter((event) => event.type === 'message' && event.role === 'assistant').map((event) => event.content).join(''))
console.log('ok task')
