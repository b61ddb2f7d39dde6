import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { follow, readEvents, type StreamEvent } from './stream'

function bodyOf(...parts: string[]): ReadableStream<Uint8Array> {
  const bytes = parts.map((part) => new TextEncoder().encode(part))
  return new ReadableStream({
    start(controller) {
      for (const part of bytes) controller.enqueue(part)
      controller.close()
    },
  })
}

async function read(...parts: string[]): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of readEvents(bodyOf(...parts))) events.push(event)
  return events
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => (vi.useRealTimers(), vi.restoreAllMocks(), vi.unstubAllGlobals()))

test('an event that comes in pieces is one event', async () => {
  const whole = 'retry: 2000\n\nid: a-1\nevent: request\ndata: {"a":\ndata: 1}\n\n: keep-alive\n\n'
  expect(await read(...whole)).toEqual([{ id: 'a-1', event: 'request', data: '{"a":\n1}' }])
})

test.each(['\n', '\r\n', '\r'])('lines may end with %j', async (end) => {
  const text = ['event: line', 'data:one', '', 'data: two', '', ''].join(end) + (end === '\r' ? '\n' : '')
  const events = await read(text)
  expect(events.map((event) => event.data)).toEqual(['one', 'two'])
})

test('a character that is cut in two arrives whole', async () => {
  const bytes = new TextEncoder().encode('data: 你好\n\n')
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]))
      controller.close()
    },
  })
  const events: StreamEvent[] = []
  for await (const event of readEvents(body)) events.push(event)
  expect(events[0]?.data).toBe('你好')
})

test('an event that never ends is not told', async () => {
  expect(await read('data: half')).toEqual([])
})

test('a stream that is lost is taken up where it was left', async () => {
  const asked: (string | null)[] = []
  const stop = new AbortController()
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(request.headers.get('last-event-id'))
    if (asked.length === 2) throw new TypeError('lost')
    if (asked.length === 3) stop.abort()
    return new Response(bodyOf(`id: x-${asked.length}\ndata: 1\n\n`))
  })
  const states: boolean[] = []
  const done = follow('/api/v1/events', {
    onEvent: () => {},
    onState: (state) => states.push(state),
    signal: stop.signal,
  })
  await vi.advanceTimersByTimeAsync(10_000)
  await done
  expect(asked).toEqual([null, 'x-1', 'x-1'])
  expect(states.slice(0, 3)).toEqual([true, false, false])
})
