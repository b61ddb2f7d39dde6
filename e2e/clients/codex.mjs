// @openai/codex, run as a person would, in a home folder of its own. It speaks nothing but the Responses API.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { GREETING, SIGNING, STORY, assertDone, freshHome, lines, run, task } from './common.mjs'

const { version, bin } = JSON.parse(readFileSync('node_modules/@openai/codex/package.json', 'utf8'))
console.log('version', version)
const program = resolve('node_modules/@openai/codex', typeof bin === 'string' ? bin : bin.codex)
const home = freshHome()
mkdirSync(`${home}/.codex`)
writeFileSync(
  `${home}/.codex/config.toml`,
  `model_provider = "gap"
[model_providers.gap]
name = "GAP"
base_url = "${process.env.GAP_URL}/v1"
env_key = "GAP_KEY"
wire_api = "responses"
`,
)

/** The events of one run. */
function codex(model, prompt) {
  const parameters = ['exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '-m', model, prompt]
  return lines(run(home, process.execPath, [program, ...parameters], { CODEX_HOME: `${home}/.codex` }))
}

const said = (events) => events.filter((event) => event.item?.type === 'agent_message').map((event) => event.item.text)
const ran = (events) => events.filter((event) => event.type === 'item.completed' && event.item.type === 'command_execution')

assert.ok(said(codex('gemini-2.5-flash', GREETING)).includes('Hello from upstream'))
console.log('ok chat')
const long = codex('gemini-2.5-flash', STORY)
assert.ok(said(long).some((text) => text.length >= 300))
assert.ok(long.some((event) => event.usage?.output_tokens > 0))
console.log('ok stream')
const tools = codex(SIGNING, '[[sim: calls=exec_command args={"cmd":"cat<note.txt"}]] What is the word?')
assert.ok(ran(tools)[0]?.item.aggregated_output.includes('heron'), JSON.stringify(tools))
assert.ok(said(tools).length > 0)
console.log('ok tools')
const done = codex(
  SIGNING,
  task(
    ['exec_command', { cmd: 'cat note.txt' }],
    ['exec_command', { cmd: 'echo heron > answer.txt' }],
    ['exec_command', { cmd: 'cat answer.txt' }],
  ),
)
assert.equal(ran(done).length, 3, JSON.stringify(done))
assertDone(home, said(done).at(-1))
console.log('ok task')
