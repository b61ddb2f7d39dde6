import { keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import { type MaybeRefOrGetter, toValue } from 'vue'

import { answer, api } from '@/api/client'

export interface AuditFilter {
  actor?: string
  action?: string
}

/** What administrators did, newest first, page after page. */
export function useAudit(filter: MaybeRefOrGetter<AuditFilter>) {
  return useInfiniteQuery({
    queryKey: ['audit', () => toValue(filter)],
    queryFn: ({ signal, pageParam }) =>
      answer(api.GET('/api/v1/audit', { params: { query: { ...toValue(filter), cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  })
}
