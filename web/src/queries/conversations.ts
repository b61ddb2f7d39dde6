import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'

import { answer, api, type Schema } from '@/api/client'
import type { operations } from '@/api/schema.gen'

export type Conversation = Schema<'ContextView'>
export type Turn = Schema<'ContextTurn'>
export type ConversationQuery = NonNullable<operations['list_contexts']['parameters']['query']>

/** One page of conversations; an ordinary user's own alone. */
export function useConversations(query: MaybeRefOrGetter<ConversationQuery>) {
  return useQuery({
    queryKey: ['conversations', 'list', computed(() => toValue(query))],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/contexts', { params: { query: toValue(query) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
}

/** One conversation, without what was said. */
export function useConversation(id: MaybeRefOrGetter<string>) {
  return useQuery({
    queryKey: ['conversations', 'one', computed(() => toValue(id))],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/contexts/{id}', { params: { path: { id: toValue(id) } }, signal })),
    refetchInterval: 10_000,
  })
}

/** A page of what was said, from the beginning on. `said` is when something was said last: then it is asked anew. */
export function useTurns(
  id: MaybeRefOrGetter<string>,
  query: MaybeRefOrGetter<{ page: number; page_size: number; branches: boolean }>,
  said: MaybeRefOrGetter<string | undefined>,
) {
  return useQuery({
    queryKey: [
      'conversations',
      'turns',
      computed(() => toValue(id)),
      computed(() => toValue(query)),
      computed(() => toValue(said)),
    ],
    queryFn: ({ signal }) => {
      const params = { path: { id: toValue(id) }, query: toValue(query) }
      return answer(api.GET('/api/v1/contexts/{id}/turns', { params, signal }))
    },
    enabled: computed(() => toValue(said) !== undefined),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  })
}

/** What is done to conversations. */
export function useConversationActions() {
  const client = useQueryClient()
  const after = { onSettled: () => client.invalidateQueries({ queryKey: ['conversations'] }) }
  return {
    update: useMutation({
      mutationFn: ({ id, change }: { id: string; change: Schema<'UpdateContext'> }) =>
        answer(api.PATCH('/api/v1/contexts/{id}', { params: { path: { id } }, body: change })),
      ...after,
    }),
    remove: useMutation({
      mutationFn: (id: string) => answer(api.DELETE('/api/v1/contexts/{id}', { params: { path: { id } } })),
      // Who still looks at it is not to ask for what is gone.
      onSettled: () => client.invalidateQueries({ queryKey: ['conversations', 'list'] }),
    }),
    bulk: useMutation({
      mutationFn: (body: Schema<'BulkContexts'>) => answer(api.POST('/api/v1/contexts/bulk', { body })),
      ...after,
    }),
  }
}

/** The address of a conversation as a file. */
export function conversationFile(id: string, format: 'json' | 'markdown'): string {
  return `/api/v1/contexts/${id}/export?format=${format}`
}
