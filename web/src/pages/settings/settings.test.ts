import { describe, expect, test } from 'vitest'

import { arrange, changesOf, enter, type Setting, shownValue, variableOf } from './configuration'
import { bitsOf, findKeys, makeSecrets, writeKeys } from './keyTools'
import { choose, levelOf, LogBook, MOST_LINES } from './log'
import MEANINGS from './meanings.zh'

const setting = (name: string, more: Partial<Setting> = {}): Setting => ({
  name,
  setting: name,
  section: 'server',
  meaning: 'Something',
  value: '1',
  default: '1',
  source: 'default',
  takes: 'a number',
  field: 'number',
  changeable: true,
  changed: false,
  ...more,
})

describe('the form of the configuration', () => {
  const settings = [
    setting('port', { changeable: false, source: 'env PORT' }),
    setting('enable_docs', { field: 'switch', value: 'true' }),
    setting('server.drain', { changeable: false, section: 'pool' }),
    setting('public_url', { field: 'text', value: 'not set' }),
  ]

  test('shows what is asked for, by sections', () => {
    const names = (...asked: Parameters<typeof arrange>) =>
      arrange(...asked).flatMap((one) => one.settings.map((s) => s.name))
    expect(names(settings, 'changeable', '')).toEqual(['enable_docs', 'public_url'])
    expect(names(settings, 'set', '')).toEqual(['port'])
    expect(names(settings, 'all', 'GAP_SERVER__drain')).toEqual(['server.drain'])
    expect(arrange(settings, 'all', '').map((one) => one.section)).toEqual(['server', 'pool'])
  })

  test('knows the variable of each', () => {
    expect(variableOf(setting('server.open_after'))).toBe('GAP_SERVER__OPEN_AFTER')
    expect(variableOf(setting('port'))).toBe('PORT')
  })

  test('sends each value in its type, and nothing that was taken back', () => {
    const [port, docs, , url] = settings as [Setting, Setting, Setting, Setting]
    let draft = enter({}, docs, 'false')
    draft = enter(draft, port, ' 8080 ')
    draft = enter(draft, url, 'https://x')
    expect(changesOf(draft, settings)).toEqual({ enable_docs: false, port: 8080, public_url: 'https://x' })
    draft = enter(enter(enter(draft, docs, 'true'), url, ''), port, 'many')
    expect(changesOf(draft, settings)).toEqual({ port: 'many' })
    expect(changesOf(enter({}, docs, null), settings)).toEqual({ enable_docs: null })
  })

  test('says what is hidden without showing it', () => {
    expect(shownValue('not set')).toEqual({ kind: 'unset' })
    expect(shownValue('set (4 values)')).toEqual({ kind: 'values', count: 4 })
    expect(shownValue('set (1 character)')).toEqual({ kind: 'characters', count: 1 })
    expect(shownValue('set (soon)')).toEqual({ kind: 'text', text: 'set (soon)' })
  })

  test('has no empty meaning in Chinese, and code between backticks', () => {
    for (const [name, text] of Object.entries(MEANINGS)) {
      expect(text.trim(), name).not.toBe('')
      expect(text.split('`').length % 2, name).toBe(1)
    }
  })
})

describe('the log', () => {
  const line = (level: string, text: string) => `2026-07-01T12:00:00.000000Z  ${level} ${text}`

  test('knows the level of lines in both formats', () => {
    expect(levelOf(line('WARN', 'x'))).toBe('warn')
    expect(levelOf('{"timestamp":"…","level":"ERROR","message":"x"}')).toBe('error')
    expect(levelOf('   at something ERROR')).toBeUndefined()
  })

  test('adds no line twice when the stream begins anew', () => {
    const book = new LogBook()
    book.add([line('INFO', 'a'), line('INFO', 'b')])
    expect(book.add([line('INFO', 'b'), line('INFO', 'c')]).map((one) => one.text.at(-1))).toEqual(['a', 'b', 'c'])
    book.clear()
    expect(book.add([line('INFO', 'c'), line('INFO', 'd')]).map((one) => one.text.at(-1))).toEqual(['d'])
  })

  test('is bounded', () => {
    const lines = Array.from({ length: MOST_LINES + 500 }, (_, index) => line('INFO', String(index)))
    const kept = new LogBook().add(lines)
    expect(kept).toHaveLength(MOST_LINES)
    expect(kept.at(-1)?.text).toContain(String(MOST_LINES + 499))
  })

  test('is filtered by weight and by words', () => {
    const book = new LogBook()
    const lines = book.add([line('ERROR', 'disk full'), line('INFO', 'Disk fine'), line('DEBUG', 'disk'), 'bare disk'])
    expect(choose(lines, 'info', '').length).toBe(2)
    expect(choose(lines, '', 'DISK f').map((one) => one.level)).toEqual(['error', 'info'])
    expect(choose(lines, '', '')).toHaveLength(4)
  })
})

describe('keys in any text', () => {
  const key = (end: string) => `AIza${'x'.repeat(34)}${end}`

  test('are found once each, in their order, whatever stands around them', () => {
    const text = `1. ${key('A')}, "${key('B')}";${key('A')}\n?key=${key('C')}&alt=sse [k](${key('B')}) AQ.${'z'.repeat(40)}`
    expect(findKeys(text, 'google')).toEqual({
      keys: [key('A'), key('B'), key('C'), `AQ.${'z'.repeat(40)}`],
      repeated: 2,
    })
  })

  test.each(['AIzaShort', `AIza${'x'.repeat(36)}`, `my${key('A')}`, 'AQ.short', ''])('%s is none', (text) =>
    expect(findKeys(text, 'google').keys).toEqual([]),
  )

  test('of this gateway and of others are found when asked for', () => {
    const access = `gap-${'0a'.repeat(24)}`
    expect(findKeys(`x ${access} y`, 'access').keys).toEqual([access])
    expect(findKeys('word internationalization sk-1234567890abcdef end', 'any').keys).toEqual(['sk-1234567890abcdef'])
  })

  test('are written as whoever takes them needs it', () => {
    expect(writeKeys(['a', 'b'], 'lines', 'V')).toBe('a\nb')
    expect(writeKeys(['a', 'b'], 'env', 'V')).toBe('V=a,b')
    expect(JSON.parse(writeKeys(['a', 'b'], 'json', 'V'))).toEqual(['a', 'b'])
  })

  test('a megabyte without a key is quickly read', () => {
    const begun = performance.now()
    for (const kind of ['google', 'access', 'any'] as const) findKeys('AIza'.repeat(250_000), kind)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})

describe('secrets', () => {
  test('have their length and alphabet, and no two are alike', () => {
    const secrets = makeSecrets({ count: 200, length: 48, alphabet: 'hex', prefix: 'gap-' })
    expect(new Set(secrets).size).toBe(200)
    for (const secret of secrets) expect(secret).toMatch(/^gap-[\da-f]{48}$/)
  })

  test('use every letter about as often', () => {
    const text = makeSecrets({ count: 400, length: 256, alphabet: 'letters', prefix: '' }).join('')
    const counts = new Map<string, number>()
    for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    expect(counts.size).toBe(62)
    const mean = text.length / 62
    // Six standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - mean)).toBeLessThan(6 * Math.sqrt(mean))
  })

  test('are bounded, and their strength is known', () => {
    expect(makeSecrets({ count: 1e9, length: 1, alphabet: 'url', prefix: '' })).toHaveLength(1_000)
    expect(bitsOf('hex', 48)).toBe(192)
  })
})
