import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { ApiError } from './problem'

type Answer = (request: Request) => Response | Promise<Response>

const TOKEN = {
  token_type: 'bearer',
  expires_in: 1_800,
  expires_at: '',
  session_ends_at: '',
  name: 'me',
  role: 'administrator',
}
const problem = (status: number, more: object = {}) =>
  new Response(JSON.stringify({ type: 'about:blank', title: '', status, detail: 'No.', ...more }), {
    status,
    headers: { 'content-type': 'application/problem+json', 'x-request-id': 'r1' },
  })

/** Opens to the second token alone. */
const gate: Answer = (request) =>
  request.headers.get('authorization') === 'Bearer two' ? Response.json({ ok: true }) : problem(401)

/** The modules anew, as after a reload, with a gateway that answers so. */
async function load(routes: Record<string, Answer>) {
  vi.resetModules()
  const asked: string[] = []
  vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
    const request = new Request(
      new URL(input instanceof Request ? input.url : input, location.href),
      input instanceof Request ? input : init,
    )
    const path = new URL(request.url).pathname
    asked.push(`${path} ${request.headers.get('authorization') ?? '-'}`)
    const answer = routes[path]
    if (answer === undefined) throw new TypeError('nobody')
    return answer(request)
  })
  const client = await import('./client')
  const session = await import('./session')
  const connection = await import('./connection')
  return { ...client, ...session, ...connection, asked }
}

const logInOnce = (token = 'one') => ({ '/api/v1/auth/login': () => Response.json({ ...TOKEN, access_token: token }) })

beforeEach(() => (localStorage.clear(), void vi.useFakeTimers()))
afterEach(() => (vi.useRealTimers(), vi.unstubAllGlobals()))

test('a refusal is one error that names the fields', async () => {
  const { api, answer } = await load({
    '/api/v1/status': () => problem(422, { errors: [{ field: 'name', message: 'is empty' }], retry_after: 3 }),
  })
  const error = await answer(api.GET('/api/v1/status')).catch(
    (thrown: unknown) => thrown as { field: (name: string) => string },
  )
  expect(error).toMatchObject({
    name: 'ApiError',
    status: 422,
    message: 'No.',
    retryAfter: 3,
    requestId: 'r1',
    unreachable: false,
  })
  expect((error as unknown as ApiError).field('name')).toBe('is empty')
})

test('a session that is refused is renewed once for all who ask', async () => {
  let refreshed = 0
  const { send, logIn, asked } = await load({
    ...logInOnce(),
    '/api/v1/status': gate,
    '/api/v1/report': gate,
    '/api/v1/auth/refresh': () => {
      refreshed += 1
      return Response.json({ ...TOKEN, access_token: 'two' })
    },
  })
  await logIn({ password: 'x' })
  const answers = await Promise.all([send('/api/v1/status'), send('/api/v1/report'), send('/api/v1/status')])
  expect(answers.map((response) => response.status)).toEqual([200, 200, 200])
  expect(refreshed).toBe(1)
  expect(asked.filter((line) => line.endsWith('Bearer two'))).toHaveLength(3)
})

test('a token near its end is renewed before it is used', async () => {
  const { send, logIn, asked } = await load({
    ...logInOnce(),
    '/api/v1/status': () => Response.json({}),
    '/api/v1/auth/refresh': () => Response.json({ ...TOKEN, access_token: 'two' }),
  })
  await logIn({ password: 'x' })
  vi.setSystemTime(Date.now() + 1_795_000)
  await send('/api/v1/status')
  expect(asked.at(-1)).toBe('/api/v1/status Bearer two')
})

test('a session that is over asks to log in again and keeps nothing', async () => {
  const { send, logIn, session, sessionEnded } = await load({
    ...logInOnce(),
    '/api/v1/status': () => problem(401),
    '/api/v1/auth/refresh': () => problem(401),
  })
  await logIn({ password: 'x' })
  const failed = expect(send('/api/v1/status')).rejects.toMatchObject({ status: 401 })
  await vi.advanceTimersByTimeAsync(1_000)
  await failed
  expect(session.value).toBeUndefined()
  expect(sessionEnded.value).toBe(true)
  expect(localStorage.getItem('gap.session')).toBeNull()
})

test('the token of another tab that was quicker is taken', async () => {
  const { send, logIn, session } = await load({
    ...logInOnce(),
    '/api/v1/status': (request) =>
      request.headers.get('authorization') === 'Bearer theirs' ? Response.json({}) : problem(401),
    '/api/v1/auth/refresh': () => {
      const theirs = {
        token: 'theirs',
        expiresAt: Date.now() + 1e6,
        renewAt: Date.now() + 1e5,
        name: 'me',
        role: 'user',
      }
      localStorage.setItem('gap.session', JSON.stringify(theirs))
      return problem(409)
    },
  })
  await logIn({ password: 'x' })
  await send('/api/v1/status')
  expect(session.value?.token).toBe('theirs')
})

test('a body is sent again after a renewal', async () => {
  const bodies: string[] = []
  const { api, answer, logIn } = await load({
    ...logInOnce(),
    '/api/v1/config': async (request) => {
      bodies.push(await request.text())
      return bodies.length === 1 ? problem(401) : Response.json({ kept: 'memory', warnings: [], settings: [] })
    },
    '/api/v1/auth/refresh': () => Response.json({ ...TOKEN, access_token: 'two' }),
  })
  await logIn({ password: 'x' })
  await answer(api.PUT('/api/v1/config', { body: { a: 1 } as never }))
  expect(bodies).toEqual(['{"a":1}', '{"a":1}'])
})

test('silence is told, asked about, and forgotten when an answer comes', async () => {
  const routes: Record<string, Answer> = {}
  const { send, isDown, onReturn } = await load(routes)
  const returned = vi.fn()
  onReturn(returned)
  await expect(send('/api/v1/status')).rejects.toMatchObject({ status: 0, unreachable: true })
  expect(isDown.value).toBe(true)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(isDown.value).toBe(true)
  routes['/healthz'] = () => Response.json({})
  await vi.advanceTimersByTimeAsync(10_000)
  expect(isDown.value).toBe(false)
  expect(returned).toHaveBeenCalledOnce()
})

test('a page of a proxy is silence; a 503 of GAP is an answer', async () => {
  const { send, isDown } = await load({
    '/a': () => problem(503),
    '/b': () => new Response('<html>Bad Gateway</html>', { status: 502 }),
  })
  await expect(send('/a')).rejects.toMatchObject({ status: 503, unreachable: false })
  expect(isDown.value).toBe(false)
  await expect(send('/b')).rejects.toMatchObject({ status: 502, unreachable: true })
  expect(isDown.value).toBe(true)
})

test('what another put into the storage does no harm', async () => {
  localStorage.setItem('gap.session', '{"token":1}')
  const { session } = await load({})
  expect(session.value).toBeUndefined()
})
