// @openai/codex, run as a person would, in a home folder of its own. It speaks nothing but the Responses API.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { GREETING, LONG, MISSING, RED, SEEN, SIGNING, STORY, assertDone, complaint, freshHome, leave, lines, run, task } from './common.mjs'

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

const env = { CODEX_HOME: `${home}/.codex` }
const line = (model, prompt, ...more) => [program, 'exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '-m', model, ...more, prompt]

/** The events of one run. */
const codex = (...asked) => lines(run(home, process.execPath, line(...asked), env))

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
const seen = codex('gemini-2.5-flash', SEEN, `--image=${home}/project/picture.png`)
assert.ok(said(seen).includes(RED), JSON.stringify(seen))
// By the tool of its own as well: what comes back is a picture inside a result.
const shown = codex(SIGNING, `[[sim: calls=view_image args={"path":"${home}/project/picture.png"}]] [[sim: step=2 text="It is red."]] Look at it.`)
assert.ok(said(shown).includes(RED), JSON.stringify(shown))
console.log('ok vision')
// Its requests offer the search beside its own tools, which models of the third generation take.
const searched = codex(SIGNING, '[[sim: text="Herons fish."]] What do herons do?')
assert.ok(said(searched).includes('Herons fish.'), JSON.stringify(searched))
assert.ok(searched.some((event) => event.item?.type === 'web_search'), JSON.stringify(searched))
console.log('ok search')
assert.match(complaint(home, process.execPath, line(MISSING, GREETING), env), /gemini-9-missing.*(404|not)/s)
console.log('ok errors')
await leave(home, process.execPath, line('gemini-2.5-flash', LONG), env)
console.log('ok cancel')
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
