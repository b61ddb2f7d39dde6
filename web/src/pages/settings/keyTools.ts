// Keys found in any text, and secrets made up: all of it in the browser, nothing is sent.

export const FORMATS = ['lines', 'commas', 'json', 'env'] as const
export type Format = (typeof FORMATS)[number]

export interface Found {
  keys: string[]
  /** How often a key stood there again. */
  repeated: number
}

/** More text than this is not looked at. */
export const MOST_TEXT = 20_000_000

/** Keys as Google issues them; what else may stand in a text has other beginnings. */
const GOOGLE = /(?<![\w-])(?:AIza[\w-]{35}(?![\w-])|AQ\.[\w-]{20,})/g
/** This gateway's own access keys. */
const ACCESS = /(?<![\w-])gap-[\da-f]{48}(?![\w-])/g
const OTHER = /[^\s,;"'`<>()[\]{}|=]+/g
/** Shorter than this is a word, not a key. */
const SHORTEST = 16

export type Kind = 'google' | 'access' | 'any'

/** The keys of a text in their order, each once. `any`: everything as long as a key without a space in it. */
export function findKeys(text: string, kind: Kind): Found {
  const pattern = { google: GOOGLE, access: ACCESS, any: OTHER }[kind]
  const found = Array.from(text.matchAll(pattern), ([key]) => key)
  const keys = kind === 'any' ? found.filter((key) => key.length >= SHORTEST && /\d|[A-Z].*[a-z]/.test(key)) : found
  const once = [...new Set(keys)]
  return { keys: once, repeated: keys.length - once.length }
}

/** Keys as a file, a variable or a program takes them. */
export function writeKeys(keys: readonly string[], format: Format, variable: string): string {
  switch (format) {
    case 'lines':
      return keys.join('\n')
    case 'commas':
      return keys.join(',')
    case 'json':
      return JSON.stringify(keys, null, 2)
    case 'env':
      return `${variable}=${keys.join(',')}`
  }
}

export const ALPHABETS = {
  hex: '0123456789abcdef',
  letters: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  url: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_',
} as const
export type Alphabet = keyof typeof ALPHABETS

export interface Recipe {
  count: number
  length: number
  alphabet: Alphabet
  prefix: string
}

export const MOST_SECRETS = 1_000
export const MOST_LENGTH = 256

/** Secrets that nobody can guess, from the browser's source of randomness. */
export function makeSecrets({ count, length, alphabet, prefix }: Recipe): string[] {
  const letters = ALPHABETS[alphabet]
  return Array.from(
    { length: Math.min(count, MOST_SECRETS) },
    () => prefix + draw(letters, Math.min(length, MOST_LENGTH)),
  )
}

function draw(letters: string, length: number): string {
  // Bytes beyond the last whole multiple would make the first letters likelier.
  const limit = 256 - (256 % letters.length)
  let text = ''
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2))) {
      if (byte < limit && text.length < length) text += letters[byte % letters.length] ?? ''
    }
  }
  return text
}

/** How many bits an attacker would have to guess. */
export function bitsOf(alphabet: Alphabet, length: number): number {
  return Math.floor(length * Math.log2(ALPHABETS[alphabet].length))
}
