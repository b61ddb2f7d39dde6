import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

const HOUR = 3_600_000

/** How long the ranges are that a page offers by name, in milliseconds. */
export const RANGES = {
  '1h': HOUR,
  '24h': 24 * HOUR,
  '7d': 7 * 24 * HOUR,
  '30d': 30 * 24 * HOUR,
  '90d': 90 * 24 * HOUR,
}
export type RangeName = keyof typeof RANGES

/** From when until when, in milliseconds since 1970; both are open where nothing is said. */
export interface TimeRange {
  from?: number
  to?: number
}

/** A moment in an address: `2026-11-25T10:00Z`; `undefined` for anything else. */
export function readMoment(text: unknown): number | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  const moment = new Date(text).getTime()
  return Number.isNaN(moment) ? undefined : moment
}

/**
 * A range of time in the address: by its name (`?range=7d`), or from one moment to another (`?from=…&to=…`). A range
 * that makes no sense is the default.
 */
export function useTimeRange<Fallback extends RangeName | ''>(fallback: Fallback) {
  const route = useRoute()
  const router = useRouter()

  const custom = computed((): TimeRange | undefined => {
    const from = readMoment(route.query.from)
    const to = readMoment(route.query.to)
    if (from === undefined || (to !== undefined && to <= from)) return undefined
    return { from, to }
  })
  const name = computed((): RangeName | Fallback | 'custom' => {
    const named = route.query.range
    if (custom.value !== undefined) return 'custom'
    return typeof named === 'string' && Object.hasOwn(RANGES, named) ? (named as RangeName) : fallback
  })

  function change(query: { range?: string; from?: string; to?: string }): void {
    // Pages are numbered within a range.
    const rest = {
      ...route.query,
      page: undefined,
      before: undefined,
      range: undefined,
      from: undefined,
      to: undefined,
    }
    void router.replace({ query: { ...rest, ...query }, hash: route.hash })
  }
  function choose(range: RangeName | Fallback): void {
    change({ range: range === fallback ? undefined : range })
  }
  function span(from: number, to?: number): void {
    change({ from: new Date(from).toISOString(), to: to === undefined ? undefined : new Date(to).toISOString() })
  }

  return { name, custom, choose, span }
}
