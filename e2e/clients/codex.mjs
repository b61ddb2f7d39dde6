// @openai/codex, run as a person would, in a home folder of its own. It speaks nothing but the Responses API.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const { version, bin } = JSON.parse(readFileSync('node_modules/@openai/codex/package.json', 'utf8'))
console.log('version', version)
const program = resolve('node_modules/@openai/codex', typeof bin === 'string' ? bin : bin.codex)
const home = resolve('home')
mkdirSync(`${home}/.codex`, { recursive: true })
writeFileSync(`${home}/note.txt`, 'The word is heron.\n')
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
  const env = { PATH: process.env.PATH, HOME: home, CODEX_HOME: `${home}/.codex`, GAP_KEY: process.env.GAP_KEY, NO_COLOR: '1' }
  const parameters = ['exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '-m', model, prompt]
  const run = spawnSync(process.execPath, [program, ...parameters], { cwd: home, env, encoding: 'utf8', input: '', timeout: 120_000 })
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`)
  return run.stdout.trim().split('\n').map((line) => JSON.parse(line))
}

const said = (events) => events.filter((event) => event.item?.type === 'agent_message').map((event) => event.item.text)
assert.ok(said(codex('gemini-2.5-flash', '[[sim: text="Hello from upstream"]]')).includes('Hello from upstream'))
console.log('ok chat')
const long = codex('gemini-2.5-flash', '[[sim: chunks=8 chunk_bytes=40]]')
assert.ok(said(long).some((text) => text.length >= 300))
assert.ok(long.some((event) => event.usage?.output_tokens > 0))
console.log('ok stream')
// On Gemini 3 the simulator refuses a call that comes back without its signature.
const tools = codex('gemini-3.1-pro-preview', '[[sim: calls=exec_command args={"cmd":"cat<note.txt"}]] What is the word?')
const command = tools.find((event) => event.type === 'item.completed' && event.item.type === 'command_execution')
assert.ok(command?.item.aggregated_output.includes('heron'), JSON.stringify(tools))
assert.ok(said(tools).length > 0)
console.log('ok tools')
