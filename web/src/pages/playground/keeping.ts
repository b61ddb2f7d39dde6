// The chat in this tab's storage: it is there after a reload, and gone with the tab.
import type { Parameters, Preparation, Turn } from './conversation'

export interface Kept {
  /** Whose chat it is: who logs in next in this tab sees nothing of it. */
  owner: string
  turns: Turn[]
  model: string
  system: string
  tools: string
  toolChoice: Preparation['toolChoice']
  parameters: Record<string, Parameters>
}

const ENTRY = 'gap.playground'
/** Browsers keep about five million characters of a site. */
const MOST = 3_000_000

/** The text to keep, at most `most` characters: pictures go first, the oldest first, then the oldest turns. */
export function pack(kept: Kept, most = MOST): string {
  let text = JSON.stringify(kept)
  if (text.length <= most) return text
  const turns = [...kept.turns]
  const again = () => (text = JSON.stringify({ ...kept, turns }))
  for (const [index, turn] of turns.entries()) {
    if (turn.role === 'tool' || turn.pictures.length === 0) continue
    turns[index] =
      turn.role === 'user'
        ? { ...turn, pictures: turn.pictures.map((picture) => ({ ...picture, url: '' })) }
        : { ...turn, pictures: [] }
    if (again().length <= most) return text
  }
  while (turns.length > 0) {
    // A chat begins with a question.
    do turns.shift()
    while (turns.length > 0 && turns[0]?.role !== 'user')
    if (again().length <= most) return text
  }
  return JSON.stringify({ ...kept, turns: [], system: '', tools: '', parameters: {} })
}

/** What was kept for this person; an answer that was under way is one that was stopped. */
export function unpack(text: string | null, owner: string): Kept | undefined {
  try {
    const kept = JSON.parse(text ?? 'null') as Kept | null
    if (kept === null || kept.owner !== owner || !Array.isArray(kept.turns)) return undefined
    for (const turn of kept.turns) {
      if (turn.role === 'assistant' && turn.state === 'running') turn.state = 'stopped'
    }
    return kept
  } catch {
    return undefined
  }
}

export function load(owner: string): Kept | undefined {
  try {
    return unpack(sessionStorage.getItem(ENTRY), owner)
  } catch {
    return undefined
  }
}

export function store(kept: Kept): void {
  for (const most of [MOST, MOST / 4]) {
    try {
      sessionStorage.setItem(ENTRY, pack(kept, most))
      return
    } catch {
      // Full, or not allowed: less is tried, then nothing is kept.
    }
  }
}

export function forget(): void {
  try {
    sessionStorage.removeItem(ENTRY)
  } catch {
    // Then there was nothing.
  }
}
