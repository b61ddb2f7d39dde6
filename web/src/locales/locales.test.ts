import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import type { Messages } from '@/i18n'

import enFirst from './en'
import enLater from './en/later'
import zhFirst from './zh'
import zhLater from './zh/later'

const en = { ...enFirst, ...enLater }
const zh = { ...zhFirst, ...zhLater }
const SOURCE = join(import.meta.dirname, '..')

/** The words by their full names. */
function flatten(words: Messages, before = ''): Map<string, string> {
  const flat = new Map<string, string>()
  for (const [name, value] of Object.entries(words)) {
    if (typeof value === 'string') flat.set(before + name, value)
    else for (const [inner, text] of flatten(value, `${before}${name}.`)) flat.set(inner, text)
  }
  return flat
}

function sources(): string {
  const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  const read = files.filter((file) => /\.(vue|ts)$/.test(file) && !/\.(test|gen|d)\.ts$/.test(file))
  return read.map((file) => readFileSync(join(SOURCE, file), 'utf8')).join('\n')
}

/** What a text leaves to be filled in. */
const values = (text: string) => Array.from(text.matchAll(/\{(\w+)\}/g), ([, name]) => name).toSorted()

const english = flatten(en)
const chinese = flatten(zh)
const source = sources()
/** Whole names between quotes: `'common.retry'`. */
const named = new Set(Array.from(source.matchAll(/['"`]([a-z-]+(?:\.[\w-]+)+)['"`]/g), ([, name]) => name ?? ''))
/** Names that begin in the source and end with what is known later: `frame.theme.${theme}`. */
const begun = new Set(Array.from(source.matchAll(/`([a-z-]+(?:\.[\w-]+)*\.)\$\{/g), ([, name]) => name ?? ''))

describe('both languages', () => {
  test('have the same words', () => {
    expect([...chinese.keys()].toSorted()).toEqual([...english.keys()].toSorted())
  })

  test('fill in the same values', () => {
    for (const [name, text] of english) expect(values(chinese.get(name) ?? ''), name).toEqual(values(text))
  })

  test('leave no word empty', () => {
    for (const [name, text] of [...english, ...chinese]) expect(text.trim(), name).not.toBe('')
  })
})

test('every word that a page names is there', () => {
  const pages = new Set(Object.keys(en))
  const asked = Array.from(
    source.matchAll(/\bt\(\s*(?:[^'"`()]*\?\s*)?['"`]([\w.-]+)['"`]|keypath="([\w.-]+)"/g),
    ([, called, path]) => called ?? path ?? '',
  )
  const missing = asked.filter((name) => pages.has(name.split('.')[0] ?? '') && !english.has(name))
  expect(missing).toEqual([])
  for (const name of asked) expect(pages, `${name} has no file of words`).toContain(name.split('.')[0])
  for (const start of begun) {
    if (!pages.has(start.split('.')[0] ?? '')) continue
    expect(
      [...english.keys()].some((name) => name.startsWith(start)),
      `nothing begins with ${start}`,
    ).toBe(true)
  }
})

test('every word is used', () => {
  // The common words are there for whoever writes a page.
  const unused = [...english.keys()].filter(
    (name) => !name.startsWith('common.') && !named.has(name) && ![...begun].some((start) => name.startsWith(start)),
  )
  expect(unused).toEqual([])
})

test('the first pages need none of the later words', () => {
  const folders = ['pages/status', 'pages/login', 'pages/dashboard', 'pages/keys', 'pages/error', 'components/layout']
  const files = folders.flatMap((folder) =>
    readdirSync(join(SOURCE, folder), { encoding: 'utf8' }).map((file) => join(SOURCE, folder, file)),
  )
  const later = new Set(Object.keys(enLater))
  for (const file of files) {
    for (const [, , page] of readFileSync(file, 'utf8').matchAll(/\b(t\(|keypath=)\s*['"`]([a-z-]+)\./g)) {
      expect(later.has(page ?? ''), `${file} speaks of ${page}`).toBe(false)
    }
  }
})
