import { computed, ref, shallowRef } from 'vue'

import type { Schema } from '@/api/client'
import { importKeys, useKeyActions } from '@/queries/keys'

import { partsOf } from './import-text'

type Report = Schema<'Imported'>
/** Where an import stands: it is written, read through, shown, entered, or over. */
export type ImportStep = 'text' | 'reading' | 'preview' | 'entering' | 'done'

/** An import from its text to the keys in the pool: first what would come of it, then part after part. */
export function useImport() {
  const { refresh } = useKeyActions()
  const step = ref<ImportStep>('text')
  const preview = shallowRef<Report>()
  const added = ref(0)
  const parts = ref({ done: 0, all: 0 })
  const stopped = ref(false)
  const error = shallowRef<unknown>()
  let stop: AbortController | undefined

  const share = computed(() => (parts.value.all === 0 ? 0 : Math.round((parts.value.done / parts.value.all) * 100)))

  async function read(text: string): Promise<void> {
    error.value = undefined
    step.value = 'reading'
    try {
      preview.value = await importKeys(text, true)
      step.value = 'preview'
    } catch (failure) {
      error.value = failure
      step.value = 'text'
    }
  }

  async function enter(text: string): Promise<void> {
    error.value = undefined
    step.value = 'entering'
    added.value = 0
    stopped.value = false
    stop = new AbortController()
    const todo = partsOf(text)
    parts.value = { done: 0, all: todo.length }
    try {
      for (const part of todo) {
        // One after the other: GAP enters one import at a time, and what is done is to be seen.
        // oxlint-disable-next-line no-await-in-loop
        added.value += (await importKeys(part.text, false)).added
        parts.value.done += 1
        if (stop.signal.aborted) break
      }
      stopped.value = stop.signal.aborted && parts.value.done < parts.value.all
      step.value = 'done'
    } catch (failure) {
      error.value = failure
      step.value = 'preview'
    } finally {
      refresh()
    }
  }

  /** Ends it after the part that is under way; what was entered stays. */
  const end = (): void => stop?.abort()
  function begin(): void {
    step.value = 'text'
    preview.value = undefined
    error.value = undefined
  }

  return { step, preview, added, share, stopped, error, read, enter, end, begin }
}
