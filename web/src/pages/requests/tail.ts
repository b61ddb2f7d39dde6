import type { RequestLine, RequestQuery } from '@/queries/requests'

/** Whether the log would list a request that has ended just now. */
export function passes(line: RequestLine, query: RequestQuery): boolean {
  const at = Date.parse(line.at)
  return (
    isAsked(query.model, line.model) &&
    isAsked(query.access_key, line.access_key) &&
    isAsked(query.upstream_key, line.upstream_key) &&
    isAsked(query.address, line.address) &&
    isAsked(query.outcome, line.outcome) &&
    (query.from === undefined || at >= Date.parse(query.from)) &&
    (query.to === undefined || at < Date.parse(query.to))
  )
}

function isAsked(wanted: string | null | undefined, found: string): boolean {
  return wanted === undefined || wanted === null || wanted === found
}

/** The lines of the first page with those that came since, each once, in the order of the log: when they came. */
export function merge(fresh: readonly RequestLine[], page: readonly RequestLine[], size: number): RequestLine[] {
  if (fresh.length === 0) return [...page]
  const known = new Map([...fresh, ...page].map((line) => [line.id, line]))
  return [...known.values()].toSorted(newestFirst).slice(0, size)
}

function newestFirst(one: RequestLine, other: RequestLine): number {
  return Date.parse(other.at) - Date.parse(one.at) || (one.id < other.id ? 1 : -1)
}

/** What somebody typed into the search: a request's identifier, an address, or else a model. */
export function readSearch(text: string): { request: string } | { address: string } | { model: string } | undefined {
  const words = text.trim()
  if (words === '') return undefined
  if (/^(?:[\da-f]{32}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i.test(words)) return { request: words.toLowerCase() }
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(words) || (words.includes(':') && /^[\da-f:.]+$/i.test(words)))
    return { address: words.toLowerCase() }
  return { model: words.replace(/^models\//, '') }
}
