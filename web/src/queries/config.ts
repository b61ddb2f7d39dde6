import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'

import { answer, api } from '@/api/client'

const KEY = ['config']

/** Every setting with its value and where it stands. */
export function useConfig() {
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => answer(api.GET('/api/v1/config', { signal })) })
}

/** Changes settings, all or none. */
export function useChangeConfig() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (changes: Record<string, unknown>) => answer(api.PUT('/api/v1/config', { body: changes })),
    onSuccess: (configuration) => client.setQueryData(KEY, configuration),
  })
}

/** Whether the gateway would take the changes; throws what is wrong with them. */
export function checkConfig(changes: Record<string, unknown>, signal: AbortSignal): Promise<unknown> {
  return answer(api.PUT('/api/v1/config', { params: { query: { dry_run: true } }, body: changes, signal }))
}
