import createClient from 'openapi-fetch'

import { address, basePath } from './base'
import { reportAnswer, reportSilence } from './connection'
import { ApiError, readProblem } from './problem'
import type { components, paths } from './schema.gen'
import { expire, freshToken, renew } from './session'

export { ApiError, messageOf } from './problem'

/** The shapes of the admin API by their names: `Schema<'KeyView'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]

/** The admin API, typed by its description. Its calls go through {@link answer}. */
export const api = createClient<paths>({
  baseUrl: new URL(basePath, location.origin).href.replace(/\/$/, ''),
  fetch: (request) => dispatch(request),
})

/** What a call of {@link api} answers; every failure is thrown as {@link ApiError}. */
export async function answer<T>(call: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data } = await call
  return data as T
}

/** A request to any address of the gateway, with the session: streams, files, the clients' APIs. */
export function send(path: string, init?: RequestInit): Promise<Response> {
  return dispatch(new Request(address(path), init))
}

/** Fetches a file and hands it to the person as a download. */
export async function download(path: string, name: string): Promise<void> {
  const response = await send(path)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

async function dispatch(request: Request): Promise<Response> {
  // A body can be sent once; the copy is for the second try.
  const again = request.clone()
  const token = await freshToken()
  let response = await attempt(request, token)
  if (response.status === 401 && token !== undefined) {
    const problem = response.clone()
    if (await renew(token)) response = await attempt(again, await freshToken())
    if (response.status === 401) {
      expire()
      throw await readProblem(problem)
    }
  }
  if (!response.ok) {
    const error = await readProblem(response)
    if (error.unreachable) reportSilence()
    throw error
  }
  reportAnswer()
  return response
}

async function attempt(request: Request, token: string | undefined): Promise<Response> {
  if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`)
  try {
    return await fetch(request)
  } catch (error) {
    if (request.signal.aborted) throw error
    reportSilence()
    throw new ApiError(0, 'GAP does not answer.')
  }
}
