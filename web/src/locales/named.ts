import type { Messages } from '@/i18n'

/** Words by the names of their files: those of `./keys.json` stand below `keys`. */
export function named(files: Record<string, Messages>): Messages {
  return Object.fromEntries(Object.entries(files).map(([path, words]) => [path.replace(/^\.\/|\.json$/g, ''), words]))
}
