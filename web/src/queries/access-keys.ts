import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'

import { answer, api, type Schema } from '@/api/client'
import type { operations } from '@/api/schema.gen'

export type AccessKeyListQuery = NonNullable<operations['list_access_keys']['parameters']['query']>

/** One page of access keys; an ordinary user's own alone. */
export function useAccessKeys(query: MaybeRefOrGetter<AccessKeyListQuery>) {
  return useQuery({
    queryKey: ['access-keys', 'list', computed(() => toValue(query))],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/access-keys', { params: { query: toValue(query) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  })
}

/** One access key. */
export function useAccessKey(id: MaybeRefOrGetter<string | undefined>) {
  return useQuery({
    queryKey: ['access-keys', 'one', computed(() => toValue(id))],
    queryFn: ({ signal }) => {
      const params = { path: { id: toValue(id) ?? '' } }
      return answer(api.GET('/api/v1/access-keys/{id}', { params, signal }))
    },
    enabled: computed(() => Boolean(toValue(id))),
    refetchInterval: 15_000,
  })
}

/** What an access key was used for, day by day for two weeks. */
export function useAccessKeyDays(id: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean>) {
  return useQuery({
    queryKey: ['access-keys', 'days', computed(() => toValue(id))],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - 13 * 86_400_000).toISOString()
      const query = { access_key: toValue(id), by: 'day', from } as const
      return answer(api.GET('/api/v1/stats', { params: { query }, signal }))
    },
    enabled: computed(() => toValue(enabled)),
    staleTime: 60_000,
  })
}

/** What is done to access keys. */
export function useAccessKeyActions() {
  const client = useQueryClient()
  const after = {
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['access-keys', 'list'] })
      void client.invalidateQueries({ queryKey: ['access-keys', 'one'] })
    },
  }
  return {
    create: useMutation({
      mutationFn: (body: Schema<'CreateAccessKey'>) => answer(api.POST('/api/v1/access-keys', { body })),
      ...after,
    }),
    update: useMutation({
      mutationFn: ({ id, change }: { id: string; change: Schema<'UpdateAccessKey'> }) =>
        answer(api.PATCH('/api/v1/access-keys/{id}', { ...path(id), body: change })),
      ...after,
    }),
    rotate: useMutation({
      mutationFn: ({ id, graceSeconds }: { id: string; graceSeconds: number }) =>
        answer(api.POST('/api/v1/access-keys/{id}/rotate', { ...path(id), body: { grace_seconds: graceSeconds } })),
      ...after,
    }),
    enable: useMutation({
      mutationFn: (id: string) => answer(api.POST('/api/v1/access-keys/{id}/enable', path(id))),
      ...after,
    }),
    disable: useMutation({
      mutationFn: (id: string) => answer(api.POST('/api/v1/access-keys/{id}/disable', path(id))),
      ...after,
    }),
    remove: useMutation({
      mutationFn: (id: string) => answer(api.DELETE('/api/v1/access-keys/{id}', path(id))),
      // Who still looks at the key itself is not to ask for what is gone.
      onSettled: () => client.invalidateQueries({ queryKey: ['access-keys', 'list'] }),
    }),
  }
}

function path(id: string) {
  return { params: { path: { id } } }
}
