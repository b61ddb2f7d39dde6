import { computed, type WritableComputedRef } from 'vue'
import { type LocationQueryRaw, useRoute, useRouter } from 'vue-router'

export const PAGE_SIZES = [20, 50, 100, 200]

export interface PagingOptions<Filters extends Record<string, string>> {
  /** Filters with their values when nothing is chosen; a filter with its default is not in the address. */
  filters?: Filters
  /** @default 50 */
  pageSize?: number
  /** What the list is sorted by when nothing is chosen. @default '' (the server's order) */
  sort?: string
  /** @default 'desc' */
  order?: 'asc' | 'desc'
}

/**
 * Page, order and filters of a list, in the address: a link shows the same, and so does a reload. A change of a filter
 * or of the order begins with the first page.
 */
export function usePaging<Filters extends Record<string, string> = Record<string, never>>(
  options: PagingOptions<Filters> = {},
) {
  const route = useRoute()
  const router = useRouter()
  const defaults = (options.filters ?? {}) as Filters
  const size = options.pageSize ?? 50

  const text = (name: string, fallback: string): string => {
    const value = route.query[name]
    return typeof value === 'string' ? value : fallback
  }
  const number = (name: string, fallback: number, most: number): number => {
    const value = Number(text(name, ''))
    return Number.isInteger(value) && value >= 1 && value <= most ? value : fallback
  }

  function change(values: Record<string, string | undefined>): void {
    const query: LocationQueryRaw = { ...route.query, page: undefined, ...values }
    void router.replace({ query, hash: route.hash })
  }

  const page = computed({
    get: () => number('page', 1, 1_000_000),
    set: (value) => change({ page: value === 1 ? undefined : String(value) }),
  })
  const pageSize = computed({
    get: () => number('page_size', size, 1_000),
    set: (value) => change({ page_size: value === size ? undefined : String(value) }),
  })
  const sort = computed(() => text('sort', options.sort ?? ''))
  const order = computed((): 'asc' | 'desc' => (text('order', options.order ?? 'desc') === 'asc' ? 'asc' : 'desc'))
  function sortBy(name: string, way: 'asc' | 'desc'): void {
    change({ sort: name || undefined, order: name ? way : undefined })
  }

  const filters = {} as { [Name in keyof Filters]: WritableComputedRef<string> }
  for (const name of Object.keys(defaults) as (keyof Filters & string)[]) {
    const fallback = defaults[name] ?? ''
    filters[name] = computed({
      get: () => text(name, fallback),
      set: (value) => {
        // What stands there already changes nothing: it would take the place of where a person goes just now.
        if ((value || fallback) !== text(name, fallback))
          change({ [name]: !value || value === fallback ? undefined : value })
      },
    })
  }
  const filtered = computed(() => Object.keys(defaults).some((name) => filters[name]?.value !== defaults[name]))
  function clear(): void {
    change(Object.fromEntries(Object.keys(defaults).map((name) => [name, undefined])))
  }

  return { page, pageSize, sort, order, sortBy, filters, filtered, clear }
}
