// What the agents share: a home folder of their own, a clean environment, and a task of several steps.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

// A model that refuses a call that comes back without its thought signature.
export const SIGNING = 'gemini-3.1-pro-preview'
export const GREETING = '[[sim: text="Hello from upstream"]]'
export const STORY = '[[sim: chunks=8 chunk_bytes=40]]'

/** A new home with a note in it, so that nothing of the developer's own is read or changed. */
export function freshHome() {
  const home = resolve('home')
  rmSync(home, { recursive: true, force: true })
  mkdirSync(`${home}/work`, { recursive: true })
  writeFileSync(`${home}/work/note.txt`, 'The word is heron.\n')
  return home
}

/** What a program prints that runs in the home's folder of work; it must succeed. */
export function run(home, program, parameters, env = {}, input = '') {
  const clean = { PATH: process.env.PATH, HOME: home, GAP_KEY: process.env.GAP_KEY, NO_COLOR: '1', ...env }
  const options = { cwd: `${home}/work`, env: clean, encoding: 'utf8', input, timeout: 180_000, maxBuffer: 64 << 20 }
  const done = spawnSync(program, parameters, options)
  assert.equal(done.status, 0, `${done.error ?? ''}\n${done.stdout}\n${done.stderr}`)
  return done.stdout
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
  assert.equal(readFileSync(`${home}/work/answer.txt`, 'utf8').trim(), 'heron')
  assert.ok(said.includes('The word is heron.'), said)
}

const quoted = (value) => JSON.stringify(JSON.stringify(value))
