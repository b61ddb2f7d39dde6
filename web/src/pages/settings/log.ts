// Lines of the log, as people filter them.

export const LEVELS = ['error', 'warn', 'info', 'debug', 'trace'] as const
export type Level = (typeof LEVELS)[number]

export interface LogLine {
  number: number
  text: string
  level?: Level
  /** How many characters its time takes. */
  head: number
}

/** More is not kept: the files have the rest. */
export const MOST_LINES = 2_000

const PRETTY = /^\S+\s+(ERROR|WARN|INFO|DEBUG|TRACE)\s/
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z/
const JSON_LEVEL = /"level":"(ERROR|WARN|INFO|DEBUG|TRACE)"/

export function levelOf(text: string): Level | undefined {
  const found = PRETTY.exec(text) ?? (text.startsWith('{') ? JSON_LEVEL.exec(text) : null)
  return found?.[1]?.toLowerCase() as Level | undefined
}

/** The newest lines, bounded. Lines that were seen (the stream begins anew after it was lost) are not added again. */
export class LogBook {
  private next = 0
  private lines: LogLine[] = []
  /** In their order, so that the oldest are forgotten first. */
  private readonly seen = new Set<string>()

  add(texts: readonly string[]): readonly LogLine[] {
    for (const text of texts) {
      if (this.seen.has(text)) continue
      this.remember(text)
      this.lines.push({ number: this.next, text, level: levelOf(text), head: TIME.exec(text)?.[0].length ?? 0 })
      this.next += 1
    }
    this.lines = this.lines.slice(-MOST_LINES)
    return this.lines
  }

  /** Forgets what is shown; lines that were seen do not come back. */
  clear(): readonly LogLine[] {
    this.lines = []
    return this.lines
  }

  private remember(text: string): void {
    this.seen.add(text)
    if (this.seen.size <= MOST_LINES) return
    const [oldest] = this.seen
    if (oldest !== undefined) this.seen.delete(oldest)
  }
}

/** Lines of at least this weight that contain every word. */
export function choose(lines: readonly LogLine[], least: Level | '', words: string): readonly LogLine[] {
  const wanted = words.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const rank = least === '' ? LEVELS.length : LEVELS.indexOf(least)
  if (least === '' && wanted.length === 0) return lines
  return lines.filter(({ text, level }) => {
    if (least !== '' && (level === undefined || LEVELS.indexOf(level) > rank)) return false
    const lower = text.toLowerCase()
    return wanted.every((word) => lower.includes(word))
  })
}
