// Files that the page makes itself.

type Cell = string | number | null | undefined

/** A table as CSV (RFC 4180). Text that a spreadsheet would take for a formula is marked as text. */
export function toCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(field).join(',') + '\r\n').join('')
}

function field(cell: Cell): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell === 'number') return String(cell)
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Hands a text to the person as a download. */
export function saveText(text: string, name: string, type: string): void {
  const link = document.createElement('a')
  // A spreadsheet takes a file without this mark for one of another alphabet.
  link.href = URL.createObjectURL(new Blob([type === 'text/csv' ? '\u{FEFF}' : '', text], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
