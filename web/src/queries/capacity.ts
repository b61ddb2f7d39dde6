import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, toValue } from 'vue'

import { answer, api, type Schema } from '@/api/client'

export interface Paged {
  page: number
  page_size: number
}

/** Each model with what is left of it today. */
export function useModelCapacity(query: MaybeRefOrGetter<Paged>) {
  return useQuery({
    queryKey: ['capacity', 'models', () => toValue(query)],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/models', { params: { query: toValue(query) }, signal })),
    placeholderData: keepPreviousData,
  })
}

/** Each project's limits: by hand, learned, and how much is used. */
export function useProjectLimits(query: MaybeRefOrGetter<Paged>) {
  return useQuery({
    queryKey: ['capacity', 'limits', () => toValue(query)],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/limits', { params: { query: toValue(query) }, signal })),
    placeholderData: keepPreviousData,
  })
}

export function useSetLimits() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (limits: Schema<'NewLimits'>) => answer(api.PUT('/api/v1/limits', { body: limits })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['capacity'] }),
  })
}

export function useClearLimits() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (of: { project: string; model?: string }) =>
      answer(api.DELETE('/api/v1/limits', { params: { query: of } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['capacity'] }),
  })
}
