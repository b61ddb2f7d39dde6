import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'

import { answer, api, type Schema } from '@/api/client'
import type { operations } from '@/api/schema.gen'

export type KeyListQuery = NonNullable<operations['list_keys']['parameters']['query']>
/** Which keys something is done to: those named, or all that a list with this filter shows. */
export type Chosen = { ids: string[] } | { filter: Schema<'KeyQuery'> }

/** One page of upstream keys. */
export function useKeys(query: MaybeRefOrGetter<KeyListQuery>, enabled: MaybeRefOrGetter<boolean> = true) {
  return useQuery({
    queryKey: ['keys', 'list', computed(() => toValue(query))],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/keys', { params: { query: toValue(query) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
    enabled: computed(() => toValue(enabled)),
  })
}

/** Every tag that a key has, and how many have it. */
export function useKeyTags() {
  return useQuery({
    queryKey: ['keys', 'tags'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/keys/tags', { signal })),
    staleTime: 30_000,
  })
}

/** One upstream key, kept fresh while somebody looks at it. */
export function useKey(id: MaybeRefOrGetter<string | undefined>, { watched = true } = {}) {
  return useQuery({
    queryKey: ['keys', 'one', computed(() => toValue(id))],
    queryFn: ({ signal }) => {
      const params = { path: { id: toValue(id) ?? '' } }
      return answer(api.GET('/api/v1/keys/{id}', { params, signal }))
    },
    enabled: computed(() => Boolean(toValue(id))),
    refetchInterval: watched ? 5_000 : false,
    staleTime: watched ? 0 : 60_000,
  })
}

const CHOICES = 20

/** Identifiers of upstream keys with what people call them: the first that `words` find, to choose from. */
export function useKeyNames(words: MaybeRefOrGetter<string>, enabled: MaybeRefOrGetter<boolean> = true) {
  return useQuery({
    queryKey: ['keys', 'names', computed(() => toValue(words))],
    queryFn: async ({ signal }) => {
      const query = { q: toValue(words) || undefined, page: 1, page_size: CHOICES }
      const { items } = await answer(api.GET('/api/v1/keys', { params: { query }, signal }))
      return new Map(items.map((key) => [key.id, key.label || key.key]))
    },
    placeholderData: keepPreviousData,
    enabled: computed(() => toValue(enabled)),
    staleTime: 60_000,
  })
}

/** What people call one upstream key; its identifier when it is gone. */
export function useKeyName(id: MaybeRefOrGetter<string | undefined>) {
  const { data } = useKey(id, { watched: false })
  return computed(() => (data.value ? data.value.label || data.value.key : toValue(id)))
}

/** What is done to keys, each followed by a fresh look at whatever shows them. */
export function useKeyActions() {
  const client = useQueryClient()
  const refresh = () => {
    void client.invalidateQueries({ queryKey: ['keys'] })
    void client.invalidateQueries({ queryKey: ['projects'] })
    void client.invalidateQueries({ queryKey: ['health'] })
  }
  const after = { onSettled: refresh }
  return {
    refresh,
    create: useMutation({
      mutationFn: (body: Schema<'NewKey'>) => answer(api.POST('/api/v1/keys', { body })),
      ...after,
    }),
    update: useMutation({
      mutationFn: ({ id, change }: { id: string; change: Schema<'KeyChange'> }) =>
        answer(api.PATCH('/api/v1/keys/{id}', { params: { path: { id } }, body: change })),
      ...after,
    }),
    remove: useMutation({
      mutationFn: (id: string) => answer(api.DELETE('/api/v1/keys/{id}', { params: { path: { id } } })),
      onSettled: () => {
        // Who still looks at the key itself is not to ask for what is gone.
        void client.invalidateQueries({ queryKey: ['keys', 'list'] })
        void client.invalidateQueries({ queryKey: ['projects'] })
        void client.invalidateQueries({ queryKey: ['health'] })
      },
    }),
    enable: useMutation({
      mutationFn: (id: string) => answer(api.POST('/api/v1/keys/{id}/enable', { params: { path: { id } } })),
      ...after,
    }),
    disable: useMutation({
      mutationFn: ({ id, reason }: { id: string; reason?: string }) =>
        answer(api.POST('/api/v1/keys/{id}/disable', { params: { path: { id } }, body: { reason } })),
      ...after,
    }),
    reset: useMutation({
      mutationFn: (id: string) => answer(api.POST('/api/v1/keys/{id}/reset', { params: { path: { id } } })),
      ...after,
    }),
    bulk: useMutation({
      mutationFn: (body: Schema<'BulkChange'>) => answer(api.POST('/api/v1/keys/bulk', { body })),
      ...after,
    }),
  }
}

/** Enters keys from a text, or only says what would come of it. */
export function importKeys(text: string, dryRun: boolean, signal?: AbortSignal): Promise<Schema<'Imported'>> {
  return answer(
    api.POST('/api/v1/keys/import', {
      params: { query: { dry_run: dryRun } },
      body: text,
      bodySerializer: (body) => body,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      signal,
    }),
  )
}

/** The newest look at keys that is remembered. */
export function useLatestCheck() {
  return useQuery({
    queryKey: ['checks', 'latest'],
    queryFn: async ({ signal }) => (await answer(api.GET('/api/v1/keys/check', { signal }))).items[0] ?? null,
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 1_000 : 30_000),
  })
}

/** A look at keys with what it has found. */
export function useCheck(id: MaybeRefOrGetter<string | undefined>, enabled: MaybeRefOrGetter<boolean>) {
  return useQuery({
    queryKey: ['checks', 'one', computed(() => toValue(id))],
    queryFn: ({ signal }) => {
      const params = { path: { id: toValue(id) ?? '' } }
      return answer(api.GET('/api/v1/keys/check/{id}', { params, signal }))
    },
    enabled: computed(() => Boolean(toValue(id)) && toValue(enabled)),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 2_000 : false),
  })
}

/** Begins a look at keys, or ends it before its time. */
export function useCheckActions() {
  const client = useQueryClient()
  return {
    begin: useMutation({
      mutationFn: (body: Chosen) => answer(api.POST('/api/v1/keys/check', { body })),
      onSuccess: (job) => client.setQueryData(['checks', 'latest'], job),
    }),
    cancel: useMutation({
      mutationFn: (id: string) => answer(api.DELETE('/api/v1/keys/check/{id}', { params: { path: { id } } })),
      onSettled: () => client.invalidateQueries({ queryKey: ['checks'] }),
    }),
  }
}
