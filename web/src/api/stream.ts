import { send } from './client'

/** An event of a stream of server-sent events. */
export interface StreamEvent {
  event: string
  data: string
  id?: string
}

/** Reads server-sent events (WHATWG HTML 9.2.6) from the body of an answer, as they come. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader()
  let rest = ''
  let frame = new Frame()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      rest += value
      // A lone \r at the end may be half of \r\n.
      const lines = rest.split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line !== '') frame.take(line)
        else {
          const event = frame.finish()
          frame = new Frame()
          if (event !== undefined) yield event
        }
      }
    }
  } finally {
    // Whoever stops reading ends the request.
    await reader.cancel().catch(() => undefined)
  }
}

class Frame {
  private event = 'message'
  private readonly data: string[] = []
  private id?: string

  take(line: string): void {
    const colon = line.indexOf(':')
    if (colon === 0) return
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') this.data.push(value)
    else if (name === 'event') this.event = value
    else if (name === 'id') this.id = value
  }

  finish(): StreamEvent | undefined {
    if (this.data.length === 0) return undefined
    return { event: this.event, data: this.data.join('\n'), id: this.id }
  }
}

export interface FollowOptions {
  onEvent: (event: StreamEvent) => void
  /** Told when the stream stands and when it is lost. */
  onState?: (connected: boolean) => void
  /** Told why it was refused or lost; it is tried again all the same. */
  onError?: (error: unknown) => void
  /** The last event that was seen before, so that nothing is missed. */
  lastEventId?: string
  /** Ends it. */
  signal: AbortSignal
}

const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 15_000

/** Follows a stream of the gateway until the signal says stop; comes back by itself and goes on where it left off. */
export async function follow(path: string, options: FollowOptions): Promise<void> {
  const { signal } = options
  let last = options.lastEventId
  let pause = FIRST_PAUSE
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = last === undefined ? {} : { 'last-event-id': last }
      const response = await send(path, { headers, signal, cache: 'no-store' })
      options.onState?.(true)
      pause = FIRST_PAUSE
      if (response.body !== null) {
        for await (const event of readEvents(response.body)) {
          last = event.id ?? last
          options.onEvent(event)
        }
      }
    } catch (error) {
      // Lost or refused: tried again below, whatever it was.
      if (!signal.aborted) options.onError?.(error)
    }
    if (signal.aborted) return
    options.onState?.(false)
    await sleep(pause, signal)
    pause = Math.min(pause * 2, LONGEST_PAUSE)
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}
