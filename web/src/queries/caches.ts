import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'

import { answer, api, type Schema } from '@/api/client'
import type { operations } from '@/api/schema.gen'

export type Cache = Schema<'CacheView'>
export type CacheQuery = NonNullable<operations['list_caches']['parameters']['query']>

/** One page of caches; an ordinary user's own alone. */
export function useCaches(query: MaybeRefOrGetter<CacheQuery>) {
  return useQuery({
    queryKey: ['caches', computed(() => toValue(query))],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/caches', { params: { query: toValue(query) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })
}

/** What is done to caches. */
export function useCacheActions() {
  const client = useQueryClient()
  const after = { onSettled: () => client.invalidateQueries({ queryKey: ['caches'] }) }
  return {
    extend: useMutation({
      mutationFn: ({ id, seconds }: { id: string; seconds: number }) =>
        answer(api.PATCH('/api/v1/caches/{id}', { params: { path: { id } }, body: { ttl_seconds: seconds } })),
      ...after,
    }),
    remove: useMutation({
      mutationFn: (id: string) => answer(api.DELETE('/api/v1/caches/{id}', { params: { path: { id } } })),
      ...after,
    }),
  }
}
