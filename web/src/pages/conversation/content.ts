// What was said, as the API keeps it (a `Content` of Gemini's), in the pieces that a page shows.

export type Piece =
  | { kind: 'text' | 'thought'; text: string }
  | { kind: 'picture'; type: string; url: string }
  | { kind: 'file'; type: string; name: string }
  | { kind: 'call'; name: string; arguments: string }
  | { kind: 'result'; name: string; result: string }
  | { kind: 'code'; language: string; code: string }
  | { kind: 'output'; outcome: string; output: string }
  | { kind: 'other'; json: string }

/** What a browser shows as it is; another kind of picture or sound is named as a file. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif'])

type Fields = Record<string, unknown>
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const words = (value: unknown): string => (typeof value === 'string' ? value : '')
const pretty = (value: unknown): string => JSON.stringify(value ?? {}, null, 2)

/** The pieces of a turn, in their order; texts that came in parts are one. Nothing: there is nothing left of it. */
export function piecesOf(content: unknown): Piece[] {
  if (!isFields(content) || !Array.isArray(content.parts)) return []
  const pieces: Piece[] = []
  for (const part of content.parts) {
    const piece = isFields(part) ? pieceOf(part) : undefined
    const last = pieces.at(-1)
    if (piece === undefined) continue
    if (last?.kind === piece.kind && (last.kind === 'text' || last.kind === 'thought') && 'text' in piece) {
      last.text += piece.text
    } else pieces.push(piece)
  }
  return pieces
}

function pieceOf(part: Fields): Piece | undefined {
  if (typeof part.text === 'string') {
    // A part without words carries a signature alone, which says nothing to people.
    return part.text === '' ? undefined : { kind: part.thought === true ? 'thought' : 'text', text: part.text }
  }
  if (isFields(part.inlineData)) {
    const type = words(part.inlineData.mimeType)
    const data = words(part.inlineData.data)
    // The API says what a client sent; only base64 becomes part of an address.
    if (PICTURES.has(type) && /^[A-Za-z0-9+/=_-]+$/.test(data)) {
      return { kind: 'picture', type, url: `data:${type};base64,${data.replaceAll('-', '+').replaceAll('_', '/')}` }
    }
    return { kind: 'file', type, name: '' }
  }
  if (isFields(part.fileData)) {
    return { kind: 'file', type: words(part.fileData.mimeType), name: words(part.fileData.fileUri) }
  }
  if (isFields(part.functionCall)) {
    return { kind: 'call', name: words(part.functionCall.name), arguments: pretty(part.functionCall.args) }
  }
  if (isFields(part.functionResponse)) {
    return { kind: 'result', name: words(part.functionResponse.name), result: pretty(part.functionResponse.response) }
  }
  if (isFields(part.executableCode)) {
    const language = words(part.executableCode.language).toLowerCase()
    return { kind: 'code', language, code: words(part.executableCode.code) }
  }
  if (isFields(part.codeExecutionResult)) {
    const { outcome, output } = part.codeExecutionResult
    return { kind: 'output', outcome: words(outcome), output: words(output) }
  }
  const { thoughtSignature: _, ...rest } = part
  return Object.keys(rest).length === 0 ? undefined : { kind: 'other', json: pretty(rest) }
}

/** The words of a turn, to be copied. */
export function wordsOf(pieces: readonly Piece[]): string {
  return pieces.flatMap((piece) => (piece.kind === 'text' ? [piece.text] : [])).join('\n\n')
}
