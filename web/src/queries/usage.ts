import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'

import { answer, api, type Schema, send } from '@/api/client'
import type { paths } from '@/api/schema.gen'

export type StatsQuery = NonNullable<paths['/api/v1/stats']['get']['parameters']['query']>
export type Group = Schema<'Group'>

/** How much one model was used in one step of time. */
export type ModelStep = Schema<'Amount'> & { starts_at: string; model: string }

const FRESH = 30_000

/** What was used in some time, step by step and by one thing; not asked for while the query is `undefined`. */
export function useStats(query: MaybeRefOrGetter<StatsQuery | undefined>) {
  return useQuery({
    queryKey: ['stats', computed(() => toValue(query))],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/stats', { params: { query: toValue(query) }, signal })),
    enabled: computed(() => toValue(query) !== undefined),
    placeholderData: keepPreviousData,
    staleTime: FRESH,
  })
}

/** The address of the sums by step and model, as a file. */
export function statsFile(query: StatsQuery, format: 'csv' | 'json'): string {
  const parameters = new URLSearchParams({ format })
  for (const [name, value] of Object.entries(query)) {
    // The file tells all models apart, whatever the page groups by.
    if (name !== 'group' && value !== undefined && value !== null) parameters.set(name, String(value))
  }
  return `/api/v1/stats/export?${parameters}`
}

/** The same step by step and model by model; not asked for while the query is `undefined`. */
export function useModelSteps(query: MaybeRefOrGetter<StatsQuery | undefined>) {
  return useQuery({
    queryKey: ['stats', 'models', computed(() => toValue(query))],
    queryFn: async ({ signal }) =>
      (await (await send(statsFile(toValue(query) ?? {}, 'json'), { signal })).json()) as ModelStep[],
    enabled: computed(() => toValue(query) !== undefined),
    placeholderData: keepPreviousData,
    staleTime: FRESH,
  })
}

/** What was used today, in 7 and in 30 days, and what is left of today. */
export function useReport() {
  return useQuery({
    queryKey: ['report'],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/report', { signal })),
    refetchInterval: 60_000,
  })
}

/** How people call what was used in the last 30 days: identifiers with names. */
export function useNames(
  group: 'access_key' | 'upstream_key' | 'project' | 'model',
  enabled: MaybeRefOrGetter<boolean> = true,
) {
  return useQuery({
    queryKey: ['stats', 'names', group],
    queryFn: async ({ signal }) => {
      const { groups } = await answer(api.GET('/api/v1/stats', { params: { query: { by: 'day', group } }, signal }))
      return new Map(groups.filter((row) => row.name !== '').map((row) => [row.name, row.label ?? row.name]))
    },
    enabled: computed(() => toValue(enabled)),
    staleTime: 60_000,
  })
}
