import { onScopeDispose, type Ref, ref, shallowRef, watch } from 'vue'

import { useLive } from '@/composables/useLive'
import type { RequestLine, RequestQuery } from '@/queries/requests'

import { passes } from './tail'

/** As many lines are kept beside the page; more than a page shows nobody reads. */
const MOST = 1_000
/** Lines are shown in batches: a busy gateway must not keep the browser busy. */
const BATCH = 300

export interface TailOptions {
  /** What the log is filtered by. */
  query: Ref<RequestQuery>
  /** Whether new lines belong to what is shown: on the first page of a range that is still open. */
  open: Ref<boolean>
  /** Lines were missed: the page must be fetched anew. */
  onMissed: () => void
}

/** The requests that end while somebody looks at the log. Paused, they are counted and wait. */
export function useTail({ query, open, onMissed }: TailOptions) {
  const shown = shallowRef<RequestLine[]>([])
  const waiting = shallowRef<RequestLine[]>([])
  const paused = ref(false)
  let batch: RequestLine[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  function take(): void {
    timer = undefined
    const place = paused.value ? waiting : shown
    place.value = [...batch.toReversed(), ...place.value].slice(0, MOST)
    batch = []
  }
  function reset(): void {
    clearTimeout(timer)
    timer = undefined
    batch = []
    shown.value = []
    waiting.value = []
  }

  const { connected } = useLive('request', (line) => {
    if (!open.value || !passes(line, query.value)) return
    batch.push(line)
    timer ??= setTimeout(take, BATCH)
  })
  useLive('missed', onMissed)
  // What happened while the stream was away is in the log alone.
  watch(connected, (now, before) => now && !before && onMissed())
  watch([query, open], reset)
  watch(paused, (now) => {
    if (now) return
    shown.value = [...waiting.value, ...shown.value].slice(0, MOST)
    waiting.value = []
  })
  onScopeDispose(() => clearTimeout(timer))

  return { shown, waiting, paused, connected }
}
