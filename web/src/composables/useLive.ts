import { onScopeDispose, readonly, shallowRef } from 'vue'

import type { Schema } from '@/api/client'
import { follow, type StreamEvent } from '@/api/stream'

/** What the gateway tells as it happens. */
export interface LiveEvents {
  /** A request has ended. */
  request: Omit<Schema<'LoggedRequest'>, 'by_modality' | 'explanation'>
  /** An upstream key was refused or changed its state. */
  key: Record<string, unknown>
  /** A look at keys went on. */
  job: Schema<'Job'>
  /** Events are missing: what is shown must be fetched anew. */
  missed: { missed: number | null }
}

type Listener = (data: unknown) => void

/** A browser has six connections to a host, for all its tabs: those that nobody looks at give theirs back. */
const HIDDEN_PATIENCE = 20_000

const connected = shallowRef(false)
const listeners = new Map<string, Set<Listener>>()
let stop: AbortController | undefined
let last: string | undefined
let hiding: ReturnType<typeof setTimeout> | undefined

/**
 * Calls back with each event of a kind, while the component lives; all share one stream. `connected` is false while the
 * stream is being opened or lost.
 */
export function useLive<Kind extends keyof LiveEvents>(kind: Kind, callback: (data: LiveEvents[Kind]) => void) {
  const listener = callback as Listener
  const those = listeners.get(kind) ?? new Set()
  listeners.set(kind, those.add(listener))
  open()
  onScopeDispose(() => {
    those.delete(listener)
    if ([...listeners.values()].every((some) => some.size === 0)) close()
  })
  return { connected: readonly(connected) }
}

function showState(state: boolean): void {
  connected.value = state
}

function open(): void {
  if (stop !== undefined || document.hidden) return
  stop = new AbortController()
  void follow('/api/v1/events', { onEvent: deliver, onState: showState, lastEventId: last, signal: stop.signal })
}

function close(): void {
  stop?.abort()
  stop = undefined
  connected.value = false
}

function deliver(event: StreamEvent): void {
  last = event.id ?? last
  let data: unknown
  try {
    data = JSON.parse(event.data)
  } catch {
    return
  }
  for (const listener of listeners.get(event.event) ?? []) listener(data)
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(hiding)
  if (document.hidden) hiding = setTimeout(close, HIDDEN_PATIENCE)
  else if ([...listeners.values()].some((some) => some.size > 0)) open()
})
