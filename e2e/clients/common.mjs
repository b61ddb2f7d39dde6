// What the JavaScript scripts share: what to ask for; and for agents a home folder of their own, a clean environment, and a
// task of several steps.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

// A model that refuses a call that comes back without its thought signature.
export const SIGNING = 'gemini-3.1-pro-preview'
export const GREETING = '[[sim: text="Hello from upstream"]]'
export const STORY = '[[sim: chunks=8 chunk_bytes=40]]'
// Nobody hears this out: it would take 40 seconds.
export const LONG = '[[sim: chunks=400 chunk_bytes=40 delay_ms=100]] Go on and on.'
// A model that there is not, and one whose keys all rest; none if the gateway is not one of our own.
export const MISSING = 'gemini-9-missing'
export const RESTING = process.env.GAP_RESTING
// Two calls at once, another after their results, then words.
export const SEVERAL =
  'How is the weather in Oslo and Rome? [[sim: calls=current_weather,local_time]] [[sim: step=2 calls=current_weather]] [[sim: step=3 text="It is sunny."]]'
export const SUNNY = 'It is sunny.'
// A red square of eight pixels.
export const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mP4z8CAFTEMLQkAKP8/wc53yE8AAAAASUVORK5CYII='
export const SEEN = '[[sim: text="It is red."]] What colour is it?'
export const RED = 'It is red.'

/** A new home with a note and a picture in it, so that nothing of the developer's own is read or changed. */
export function freshHome() {
  const home = resolve('home')
  rmSync(home, { recursive: true, force: true })
  mkdirSync(`${home}/project`, { recursive: true })
  writeFileSync(`${home}/project/note.txt`, 'The word is heron.\n')
  writeFileSync(`${home}/project/picture.png`, Buffer.from(PICTURE, 'base64'))
  return home
}

const inside = (home, env) => ({ cwd: `${home}/project`, env: { PATH: process.env.PATH, HOME: home, GAP_KEY: process.env.GAP_KEY, NO_COLOR: '1', ...env } })

/** What a program prints that runs in the home's folder of work; it must succeed. */
export function run(home, program, parameters, env = {}, input = '') {
  const done = spawnSync(program, parameters, { ...inside(home, env), encoding: 'utf8', input, timeout: 180_000, maxBuffer: 64 << 20 })
  assert.equal(done.status, 0, `${done.error ?? ''}\n${done.stdout}\n${done.stderr}`)
  return done.stdout
}

/** What a program says that cannot do what it was asked. */
export function complaint(home, program, parameters, env = {}, input = '') {
  const done = spawnSync(program, parameters, { ...inside(home, env), encoding: 'utf8', input, timeout: 180_000, maxBuffer: 64 << 20 })
  assert.equal(done.error, undefined)
  return `${done.stdout}\n${done.stderr}`
}

/** Ends a program while the model is still speaking: it is given `seconds` to begin. */
export function leave(home, program, parameters, env = {}, input = '', seconds = 15) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { ...inside(home, env), detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), seconds * 1000)
    child.stdin.end(input)
    child.on('error', reject)
    child.on('exit', (status, signal) => {
      clearTimeout(timer)
      if (signal) resolve()
      else reject(new Error(`it ended by itself, with ${status}`))
    })
  })
}

/** The JSON documents that a program prints, one on each line. */
export const lines = (text) => text.trim().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))

/**
 * A prompt that leads an agent through reading a note, writing what it says and looking at it once more. Each step is the
 * name of a tool and its arguments.
 */
export function task(...steps) {
  const calls = steps.map(([tool, args], index) => `[[sim: step=${index + 1} calls=${tool} args=${quoted(args)} thoughts="Step ${index + 1}."]]`)
  return `Write down the word. ${calls.join(' ')} [[sim: step=${steps.length + 1} text="The word is heron."]]`
}

/** Whether the task was done: on the disk, and in words. */
export function assertDone(home, said) {
  assert.equal(readFileSync(`${home}/project/answer.txt`, 'utf8').trim(), 'heron')
  assert.ok(said.includes('The word is heron.'), said)
}

const quoted = (value) => JSON.stringify(JSON.stringify(value))

/** Holds a call to its refusal: the error must say these words. */
export async function refused(ask, ...words) {
  const error = await ask().then(
    (answer) => assert.fail(`no error but ${JSON.stringify(answer)}`),
    (error) => error,
  )
  for (const word of words) assert.match(`${error.message} ${error.statusCode ?? error.status} ${error.responseBody ?? ''}`, word)
  return error
}
