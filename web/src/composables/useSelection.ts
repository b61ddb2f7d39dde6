import { computed, ref } from 'vue'

export interface SelectionOptions {
  /** The identifiers of the rows that are shown. */
  shown: () => readonly string[]
  /** How many rows there are on all pages. */
  total: () => number
}

/** Rows that were chosen, on this page and on others; or all that a list shows on all its pages. */
export function useSelection({ shown, total }: SelectionOptions) {
  const chosen = ref<ReadonlySet<string>>(new Set())
  const everything = ref(false)

  const count = computed(() => (everything.value ? total() : chosen.value.size))
  const has = (id: string): boolean => everything.value || chosen.value.has(id)
  /** Of this page: all rows, some of them, or none. */
  const page = computed((): 'all' | 'some' | 'none' => {
    const ids = shown()
    const marked = ids.filter(has).length
    if (marked === 0) return 'none'
    return marked === ids.length ? 'all' : 'some'
  })

  function change(ids: readonly string[], mark: boolean): void {
    // Of everything some are taken away: what is left is what can be seen.
    const next = new Set(everything.value ? shown() : chosen.value)
    for (const id of ids) {
      if (mark) next.add(id)
      else next.delete(id)
    }
    everything.value = false
    chosen.value = next
  }
  const toggle = (id: string): void => change([id], !has(id))
  const togglePage = (): void => change(shown(), page.value !== 'all')
  function chooseEverything(): void {
    everything.value = true
  }
  function clear(): void {
    everything.value = false
    chosen.value = new Set()
  }

  return { chosen, everything, count, page, has, toggle, togglePage, chooseEverything, clear }
}
