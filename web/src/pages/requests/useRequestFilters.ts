import { computed, shallowRef, watch } from 'vue'
import { type LocationQueryRaw, useRoute, useRouter } from 'vue-router'

import { PAGE_SIZES } from '@/composables/usePaging'
import { RANGES, useTimeRange } from '@/composables/useTimeRange'
import type { RequestQuery } from '@/queries/requests'

export const FILTERS = ['outcome', 'model', 'access_key', 'upstream_key', 'address'] as const
export type FilterName = (typeof FILTERS)[number]

const OUTCOMES = new Set(['answered', 'failed', 'cancelled'])
const SIZE = 50

/** What the log is filtered by, and which page of it is shown; all of it is in the address. */
export function useRequestFilters() {
  const route = useRoute()
  const router = useRouter()
  const range = useTimeRange('')

  const text = (name: string): string | undefined => {
    const value = route.query[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  function change(values: LocationQueryRaw): void {
    // Where a page begins depends on the filters.
    void router.push({ query: { ...route.query, before: undefined, ...values } })
  }

  const values = computed(() => {
    const found: Partial<Record<FilterName, string>> = {}
    for (const name of FILTERS) found[name] = text(name)
    if (found.outcome !== undefined && !OUTCOMES.has(found.outcome)) found.outcome = undefined
    return found
  })
  const size = computed(() => {
    const asked = Number(text('page_size'))
    return PAGE_SIZES.includes(asked) ? asked : SIZE
  })
  const before = computed(() => text('before'))
  function build(): RequestQuery {
    const { outcome, ...others } = values.value
    const name = range.name.value
    const since = name === 'custom' ? range.custom.value?.from : name === '' ? undefined : Date.now() - RANGES[name]
    const until = range.custom.value?.to
    return {
      ...others,
      outcome: outcome as RequestQuery['outcome'],
      from: since === undefined ? undefined : new Date(since).toISOString(),
      to: until === undefined ? undefined : new Date(until).toISOString(),
    }
  }
  // From when on a range counts is settled when it is chosen, not with every page of it.
  const query = shallowRef(build())
  const chosen = computed(() => JSON.stringify([values.value, range.name.value, range.custom.value]))
  watch(chosen, () => (query.value = build()), { flush: 'sync' })
  const filtered = computed(
    () => Object.values(values.value).some((value) => value !== undefined) || range.name.value !== '',
  )

  function set(name: FilterName | 'before', value: string | undefined): void {
    change({ [name]: value || undefined })
  }
  function setSize(value: number): void {
    change({ page_size: value === SIZE ? undefined : String(value) })
  }
  function clear(): void {
    change({
      ...Object.fromEntries(FILTERS.map((name) => [name, undefined])),
      range: undefined,
      from: undefined,
      to: undefined,
    })
  }

  return { range, values, size, setSize, before, query, filtered, set, clear }
}
