import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { RouteLocationRaw } from 'vue-router'

import { type Group, useStats } from '@/queries/usage'

import type { FilterName, Scope } from './useScope'

/** What a group is called, as a filter of these pages. */
const FILTER_OF: Record<Group, FilterName | undefined> = {
  model: 'model',
  upstream_key: 'upstream_key',
  project: 'project',
  access_key: 'access_key',
  address: undefined,
}

/** Usage by one thing: the rows of the chart and of the table. */
export function useGroups({ groupQuery, group, query }: Scope) {
  const { t } = useI18n()
  const asked = useStats(groupQuery)
  const rows = computed(() =>
    asked.data.value?.group === group.value
      ? asked.data.value.groups.map((row) => ({ ...row, title: row.label || row.name || t('usage.nameless') }))
      : undefined,
  )
  const total = computed(() => asked.data.value?.totals)
  const filter = computed(() => FILTER_OF[group.value])

  /** The requests behind a row, where the log can be filtered by it. */
  function requestsOf(name: string): RouteLocationRaw | undefined {
    if (name === '' || group.value === 'project' || query.value.project) return undefined
    const { from, to, model, access_key, upstream_key } = query.value
    return { name: 'requests', query: { from, to, model, access_key, upstream_key, [group.value]: name } }
  }

  return { rows, total, filter, requestsOf, error: asked.error, isFetching: asked.isFetching, refetch: asked.refetch }
}
