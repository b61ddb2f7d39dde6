// Whether the gateway answers. Requests report what they saw; while it is away, this asks until it is back.
import { readonly, shallowRef } from 'vue'

import { address } from './base'

const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 10_000

const down = shallowRef(false)
const nextTry = shallowRef<number>()
const returned = new Set<() => void>()
let pause = FIRST_PAUSE
let timer: ReturnType<typeof setTimeout> | undefined

/** Whether nobody answers at present. */
export const isDown = readonly(down)
/** When the gateway is asked again. */
export const nextTryAt = readonly(nextTry)

/** Calls back whenever the gateway answers again. */
export function onReturn(callback: () => void): () => void {
  returned.add(callback)
  return () => returned.delete(callback)
}

/** A request got an answer from the gateway. */
export function reportAnswer(): void {
  if (!down.value) return
  clearTimeout(timer)
  down.value = false
  nextTry.value = undefined
  pause = FIRST_PAUSE
  for (const callback of returned) callback()
}

/** A request got none. */
export function reportSilence(): void {
  if (down.value) return
  down.value = true
  schedule()
}

/** Asks at once: somebody is waiting, or the network came back. */
export async function probe(): Promise<void> {
  clearTimeout(timer)
  try {
    const response = await fetch(address('/healthz'), { cache: 'no-store', signal: AbortSignal.timeout(5_000) })
    if (response.ok) return reportAnswer()
  } catch {
    // Still away.
  }
  pause = Math.min(pause * 2, LONGEST_PAUSE)
  schedule()
}

function schedule(): void {
  if (!down.value) return
  clearTimeout(timer)
  nextTry.value = Date.now() + pause
  timer = setTimeout(() => void probe(), pause)
}

if (typeof window !== 'undefined') window.addEventListener('online', () => down.value && void probe())
