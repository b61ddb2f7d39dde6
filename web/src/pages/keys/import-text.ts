/** The largest import that GAP takes, in bytes. */
export const LARGEST_IMPORT = 16 * 1024 * 1024
/** Lines that are entered at a time: enough to be quick, few enough to show how far it is. */
const LINES_AT_ONCE = 2_000

/** A part of an import with the lines before it. */
export interface Part {
  text: string
  linesBefore: number
}

/** Cuts lines of keys into parts that are entered one after the other. JSON is one part: it has no lines to cut at. */
export function partsOf(text: string, linesAtOnce = LINES_AT_ONCE): Part[] {
  if (/^\uFEFF?\s*[[{]/.test(text)) return [{ text, linesBefore: 0 }]
  const lines = text.split('\n')
  const parts: Part[] = []
  for (let at = 0; at < lines.length; at += linesAtOnce) {
    parts.push({ text: lines.slice(at, at + linesAtOnce).join('\n'), linesBefore: at })
  }
  return parts.filter((part) => part.text.trim() !== '')
}

/** How many bytes a text has when it is sent. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}
