// @google/gemini-cli, run as a person would, in a home folder of its own.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const { version, bin } = JSON.parse(readFileSync('node_modules/@google/gemini-cli/package.json', 'utf8'))
console.log('version', version)
const program = resolve('node_modules/@google/gemini-cli', typeof bin === 'string' ? bin : bin.gemini)
const home = resolve('home')
mkdirSync(`${home}/.gemini`, { recursive: true })
const settings = { security: { auth: { selectedType: 'gemini-api-key' } }, privacy: { usageStatisticsEnabled: false }, telemetry: { enabled: false } }
writeFileSync(`${home}/.gemini/settings.json`, JSON.stringify(settings))
writeFileSync(`${home}/note.txt`, 'The word is heron.\n')

function gemini(...parameters) {
  const env = { PATH: process.env.PATH, HOME: home, GOOGLE_GEMINI_BASE_URL: process.env.GAP_URL, GEMINI_API_KEY: process.env.GAP_KEY, GEMINI_CLI_TRUST_WORKSPACE: 'true', NO_COLOR: '1' }
  const run = spawnSync(process.execPath, [program, '-m', 'gemini-2.5-flash', ...parameters], { cwd: home, env, encoding: 'utf8', timeout: 120_000 })
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`)
  return run.stdout
}

assert.ok(gemini('-p', '[[sim: text="Hello from upstream"]]').includes('Hello from upstream'))
console.log('ok chat')
assert.ok(gemini('--output-format', 'stream-json', '-p', '[[sim: chunks=8 chunk_bytes=40]]').trim().split('\n').length >= 3)
console.log('ok stream')
assert.match(gemini('--approval-mode', 'yolo', '--output-format', 'stream-json', '-p', '[[sim: calls=list_directory]] What is here?'), /tool_(use|result)/)
console.log('ok tools')
