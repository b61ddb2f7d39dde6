// The two processes under test: the simulator in Google's place and the gateway in front of it.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { GoogleGenAI } from '@google/genai'

export const ACCESS_KEY = 'e2e-access-key'
export const KEYS = ['sim-key-a', 'sim-key-b', 'sim-key-c']
const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 45_000
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** GAP_BIN, or the newest build at hand. */
function gapBinary() {
  if (process.env.GAP_BIN) return process.env.GAP_BIN
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target')
  const built = ['ci', 'debug', 'quick', 'release'].map((profile) => join(target, profile, 'gap')).filter((path) => existsSync(path))
  if (built.length === 0) throw new Error('there is no gap binary; build one with `cargo build -p gap` or set GAP_BIN')
  return built.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0]
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

/** The first true answer of a condition that another process makes true; throws when the time is over. */
export async function eventually(what, condition, limitMs = 10_000) {
  const deadline = Date.now() + limitMs
  for (;;) {
    const found = await condition()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`)
    await pause(20)
  }
}

/** A child with its log in a file, healthy when it is handed out. */
async function start(folder, parameters, environment, port, health) {
  const log = join(folder, 'log')
  const out = openSync(log, 'a')
  // A developer's own settings must not reach the gateway under test.
  const env = { PATH: process.env.PATH, LLVM_PROFILE_FILE: process.env.LLVM_PROFILE_FILE ?? '', ...environment }
  const child = spawn(gapBinary(), parameters, { cwd: folder, env, stdio: ['ignore', out, out] })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const url = `http://127.0.0.1:${port}`
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode} instead of starting:\n${readFileSync(log, 'utf8')}`)
    return fetch(url + health).then((answer) => answer.ok, () => false)
  }
  const close = async () => {
    child.kill('SIGTERM')
    const insist = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(insist)
  }
  try {
    await eventually(`${parameters[0]} is up`, isUp, START_LIMIT_MS)
  } catch (error) {
    await close()
    throw error
  }
  return { url, close }
}

/** The simulator's control API. */
function controlOf(url) {
  const control = async (method, path, body) => {
    const answer = await fetch(`${url}/_sim/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
  const received = async () => (await control('GET', 'requests')).requests
  return {
    received,
    last: async () => (await received()).at(-1),
    fault: (action, matching = {}) => control('POST', 'faults', { action, ...matching }),
    reset: async () => {
      await control('DELETE', 'faults')
      await control('DELETE', 'requests')
    },
  }
}

/** Starts a simulator and a gateway in front of it; both end with the test file. */
export async function startPair({ keys, settings } = {}) {
  const known = keys ?? KEYS.map((key, index) => ({ key, project: 101 + index }))
  const folder = mkdtempSync(join(tmpdir(), 'gap-e2e-'))
  const [simPort, port] = [await freePort(), await freePort()]
  writeFileSync(join(folder, 'options.json'), JSON.stringify({ seed: 7, control: true, keys: known }))
  const arguments_ = ['simulate', '--host', '127.0.0.1', '--port', String(simPort), '--options', 'options.json']
  const sim = await start(folder, arguments_, {}, simPort, '/_sim/state')
  const environment = {
    GEMINI_BASE_URL: sim.url,
    GEMINI_API_KEYS: known.map(({ key }) => key).join(','),
    USERS_API_KEY: ACCESS_KEY,
    SECRET_KEY: 'e2e-secret-key-that-is-long-enough-for-anyone',
    HOST: '127.0.0.1',
    PORT: String(port),
    MAX_REQUESTS_PER_MINUTE: '0',
    MAX_REQUESTS_PER_DAY_PER_IP: '0',
    ...settings,
  }
  const gateway = await start(folder, ['serve'], environment, port, '/healthz').catch(async (error) => {
    await sim.close()
    throw error
  })
  after(async () => {
    await gateway.close()
    await sim.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const client = (apiKey = ACCESS_KEY, httpOptions = {}) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: gateway.url, ...httpOptions } })
  return { url: gateway.url, sim: controlOf(sim.url), client }
}

/** Everything an async iterable yields. */
export async function collect(stream) {
  const all = []
  for await (const each of stream) all.push(each)
  return all
}
