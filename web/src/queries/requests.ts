import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'

import { answer, api, type Schema } from '@/api/client'
import type { paths } from '@/api/schema.gen'
import type { LiveEvents } from '@/composables/useLive'

export type RequestQuery = NonNullable<paths['/api/v1/requests']['get']['parameters']['query']>

/** A request as the log and the live stream tell it. */
export type RequestLine = LiveEvents['request']

/** One request, with all that is known of it. */
export type LoggedRequest = Schema<'LoggedRequest'>

/** A page of the log, newest first. */
export function useRequests(query: MaybeRefOrGetter<RequestQuery>) {
  return useQuery({
    queryKey: ['requests', computed(() => toValue(query))],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/requests', { params: { query: toValue(query) }, signal })),
    placeholderData: keepPreviousData,
  })
}

/** One request; it is told once it has ended, and never changes then. */
export function useRequest(id: MaybeRefOrGetter<string>) {
  return useQuery({
    queryKey: ['request', computed(() => toValue(id))],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/requests/{id}', { params: { path: { id: toValue(id) } }, signal })),
    staleTime: Infinity,
  })
}

/** The address of the log as a file. */
export function requestsFile(query: RequestQuery, format: 'csv' | 'json'): string {
  const parameters = new URLSearchParams({ format })
  for (const [name, value] of Object.entries(query)) {
    if (name !== 'page_size' && name !== 'before' && value !== undefined && value !== null)
      parameters.set(name, String(value))
  }
  return `/api/v1/requests/export?${parameters}`
}
