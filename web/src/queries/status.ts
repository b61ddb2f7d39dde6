import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import { answer, api, type Schema, send } from '@/api/client'
import { session } from '@/api/session'

import { queryClient } from './client'

async function askHealth({ signal }: { signal: AbortSignal }): Promise<Schema<'Health'>> {
  return (await (await send('/healthz', { signal })).json()) as Schema<'Health'>
}

/** Asks before anything is drawn, so that no banner pushes the page down; not for long. */
export function prefetchHealth(): Promise<void> {
  const asked = queryClient.prefetchQuery({ queryKey: ['health', session.value !== undefined], queryFn: askHealth })
  return Promise.race([asked, new Promise<void>((resolve) => setTimeout(resolve, 500))])
}

/**
 * What the gateway is and how it fares; for everybody, since orchestrators ask the same. Where the settings protect the
 * status page, strangers get its `status` alone, so nothing of a stranger's answer is kept for who logs in.
 */
export function useHealth() {
  return useQuery({
    queryKey: ['health', computed(() => session.value !== undefined)],
    queryFn: askHealth,
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

/** The public status page: refused where the settings protect it and nobody has logged in. */
export function useStatus() {
  return useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/status', { signal })),
    refetchInterval: 10_000,
  })
}
