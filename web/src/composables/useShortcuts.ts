import { useEventListener } from '@vueuse/core'

export interface Shortcuts {
  /** Keys pressed one after the other, separated by a space (`g d`), or one with Ctrl or ⌘ (`mod+k`). */
  [keys: string]: () => void
}

/** Between two keys of a sequence. */
const PATIENCE = 1_000
/** Held for another key, they are none of a sequence: a question mark takes Shift. */
const HELD = new Set(['shift', 'control', 'meta', 'capslock', 'altgraph'])

/** Acts on keys anywhere on the page, except where somebody writes; `mod+…` works there too. */
export function useShortcuts(shortcuts: Shortcuts): void {
  let before = ''
  let at = 0
  useEventListener(document, 'keydown', (event: KeyboardEvent) => {
    if (event.isComposing || event.altKey) return
    const key = event.key.toLowerCase()
    if (HELD.has(key)) return
    const mod = event.ctrlKey || event.metaKey
    if (!mod && isWriting(event.target)) return
    const sequence = before !== '' && event.timeStamp - at < PATIENCE ? `${before} ${key}` : key
    const action = mod ? shortcuts[`mod+${key}`] : (shortcuts[sequence] ?? shortcuts[key])
    before = action === undefined && !mod ? key : ''
    at = event.timeStamp
    if (action === undefined) return
    event.preventDefault()
    action()
  })
}

function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return (
    target.isContentEditable ||
    /^(input|textarea|select)$/i.test(target.tagName) ||
    target.closest('[role=dialog]') !== null
  )
}
