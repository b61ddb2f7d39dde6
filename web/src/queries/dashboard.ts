import { useQuery } from '@tanstack/vue-query'

import { answer, api } from '@/api/client'
import { isAdministrator } from '@/api/session'

/** Often enough to be of now, seldom enough to be no load; events ask for more where something happens. */
const PACE = 30_000

/** The last 24 hours, hour by hour, beside the 24 before. */
export function useLastDay() {
  return useQuery({
    queryKey: ['stats', 'last-day'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/stats', { params: { query: { by: 'hour' } }, signal })),
    refetchInterval: PACE,
  })
}

/** What is left of today by model; for administrators. */
export function useCapacity() {
  return useQuery({
    queryKey: ['models', 'capacity'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/models', { params: { query: { page_size: 1_000 } }, signal })),
    refetchInterval: PACE,
    enabled: isAdministrator,
  })
}

/** The newest requests. */
export function useNewestRequests(count: number) {
  return useQuery({
    queryKey: ['requests', 'newest', count],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/requests', { params: { query: { page_size: count } }, signal })),
    refetchInterval: PACE,
  })
}
