import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import { answer, api, type Schema, send } from '@/api/client'
import { session } from '@/api/session'

/** What the gateway is and how it fares; for everybody, since orchestrators ask the same. */
export function useHealth() {
  return useQuery({
    queryKey: ['health'],
    queryFn: async ({ signal }) => (await (await send('/healthz', { signal })).json()) as Schema<'Health'>,
    refetchInterval: 15_000,
  })
}

/** Who asks, and what they may. */
export function useMe() {
  return useQuery({
    queryKey: ['me'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/auth/me', { signal })),
    enabled: computed(() => session.value !== undefined),
  })
}
