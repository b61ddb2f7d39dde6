// Who has logged in, in this browser. All its tabs share one session; of one token there is one refresh.
import { computed, readonly, shallowRef } from 'vue'

import { address } from './base'
import { reportAnswer, reportSilence } from './connection'
import { ApiError, readProblem } from './problem'
import type { components } from './schema.gen'

type SessionToken = components['schemas']['SessionToken']
type Login = components['schemas']['Login']

/** A session as the browser keeps it. Times are this browser's: its clock may differ from the gateway's. */
export interface Session {
  token: string
  /** When the token is over, in milliseconds since 1970. */
  expiresAt: number
  /** When it is time for the next token. */
  renewAt: number
  name: string
  role: string
}

const ENTRY = 'gap.session'
/** A token with less life left than this is not trusted to arrive in time. */
const MARGIN = 10_000

const current = shallowRef<Session | undefined>(restore())
/** The session that ran out, until somebody logs in again. */
const ended = shallowRef<Session | undefined>()
let renewing: Promise<boolean> | undefined

/** The session, if anybody has logged in. */
export const session = readonly(current)
/** Whether a session ran out under a page that is still open: the page stays, and asks to log in again. */
export const sessionEnded = computed(() => ended.value !== undefined)
/** Whether an administrator looks on; their page stays as it is while they log in again. */
export const isAdministrator = computed(() => (current.value ?? ended.value)?.role === 'administrator')

/** Begins a session; throws {@link ApiError} when the password or key is refused. */
export async function logIn(login: Login): Promise<Session> {
  const response = await post('/api/v1/auth/login', { 'content-type': 'application/json' }, JSON.stringify(login))
  return keep((await response.json()) as SessionToken)
}

/** Ends the session here and at the gateway. A gateway that does not answer is no reason to stay logged in. */
export async function logOut(): Promise<void> {
  const token = current.value?.token
  forget()
  ended.value = undefined
  if (token !== undefined)
    await post('/api/v1/auth/logout', { authorization: `Bearer ${token}` }).catch(() => undefined)
}

/** The token for a request, renewed if its time has come; `undefined` when nobody is logged in. */
export async function freshToken(): Promise<string | undefined> {
  const now = Date.now()
  const known = current.value
  if (known === undefined) return undefined
  if (now >= known.expiresAt - MARGIN) await renew(known.token)
  else if (now >= known.renewAt) void renew(known.token)
  return current.value?.token
}

/** Gets the next token, once for all who ask; false when the session is over. `refused` is the token that was taken last. */
export function renew(refused: string): Promise<boolean> {
  if (current.value !== undefined && current.value.token !== refused) return Promise.resolve(true)
  renewing ??= refresh(refused).finally(() => (renewing = undefined))
  return renewing
}

/** Forgets the session; the page that is open asks to log in again. */
export function expire(): void {
  const past = current.value
  if (past === undefined) return
  forget()
  ended.value = past
}

async function refresh(token: string): Promise<boolean> {
  try {
    const response = await post('/api/v1/auth/refresh', { authorization: `Bearer ${token}` })
    keep((await response.json()) as SessionToken)
    return true
  } catch (error) {
    // Another tab was quicker: its token is in the storage, or will be in a moment.
    if (error instanceof ApiError && (error.status === 409 || error.status === 401) && (await adopted(token)))
      return true
    if (error instanceof ApiError && error.status === 401) {
      expire()
      return false
    }
    // The gateway is away or busy; the token may still be good.
    return current.value !== undefined && Date.now() < current.value.expiresAt
  }
}

async function adopted(token: string): Promise<boolean> {
  for (const pause of [0, 300]) {
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
    const stored = restore()
    if (stored !== undefined && stored.token !== token) {
      current.value = stored
      return true
    }
  }
  return false
}

async function post(path: string, headers: Record<string, string>, body?: string): Promise<Response> {
  let response: Response
  try {
    response = await fetch(address(path), { method: 'POST', headers, body })
  } catch {
    reportSilence()
    throw new ApiError(0, 'GAP does not answer.')
  }
  if (!response.ok) throw await readProblem(response)
  reportAnswer()
  return response
}

function keep(answer: SessionToken): Session {
  const life = answer.expires_in * 1_000
  const now = Date.now()
  const kept = {
    token: answer.access_token,
    expiresAt: now + life,
    renewAt: now + life / 2,
    name: answer.name,
    role: answer.role,
  }
  current.value = kept
  ended.value = undefined
  write(JSON.stringify(kept))
  return kept
}

function forget(): void {
  current.value = undefined
  write(undefined)
}

function restore(): Session | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(ENTRY) ?? 'null')
    return isSession(value) && value.expiresAt > Date.now() ? value : undefined
  } catch {
    return undefined
  }
}

function isSession(value: unknown): value is Session {
  if (typeof value !== 'object' || value === null) return false
  const { token, expiresAt, renewAt, name, role } = value as Record<string, unknown>
  const texts = [token, name, role].every((part) => typeof part === 'string')
  return texts && typeof expiresAt === 'number' && typeof renewAt === 'number'
}

function write(text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(ENTRY)
    else localStorage.setItem(ENTRY, text)
  } catch {
    // A browser that keeps nothing asks for the password after each reload.
  }
}

// Another tab logged in, out, or renewed.
window.addEventListener('storage', (event) => {
  if (event.key !== ENTRY) return
  const stored = restore()
  if (stored === undefined) expire()
  else {
    current.value = stored
    ended.value = undefined
  }
})
