import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { RANGES, useTimeRange } from '@/composables/useTimeRange'
import type { Group, StatsQuery } from '@/queries/usage'
import { useSession } from '@/stores/session'

import { DAY, HOUR, type Metric, METRICS, type Step } from './series'

/** What usage is narrowed down to. */
export const FILTERS = ['model', 'access_key', 'upstream_key', 'project'] as const
export type FilterName = (typeof FILTERS)[number]
export type Filters = Partial<Record<FilterName, string>>

export const GROUPS: readonly Group[] = ['model', 'upstream_key', 'project', 'access_key', 'address']

/** By hours no more than this is told. */
const MOST_HOURS = 31 * DAY

/** What usage can be grouped by, as far as the person may and the filters leave a choice. */
export function groupsFor(administrator: boolean, filters: Filters): readonly Group[] {
  const { access_key, upstream_key, project, model } = filters
  // Of one key or project, only its models are summed.
  if (!administrator || access_key !== undefined || upstream_key !== undefined || project !== undefined)
    return ['model']
  return model === undefined ? GROUPS : GROUPS.filter((group) => group !== 'address')
}

/** Which usage is looked at, and how; all of it is in the address. */
export function useScope() {
  const route = useRoute()
  const router = useRouter()
  const session = useSession()
  const range = useTimeRange('24h')

  const text = (name: string): string | undefined => {
    const value = route.query[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  function change(values: Record<string, string | undefined>): void {
    void router.replace({ query: { ...route.query, ...values }, hash: route.hash })
  }
  function choice<Value extends string>(name: string, values: () => readonly Value[], fallback: Value) {
    return computed({
      get: () => values().find((value) => value === text(name)) ?? fallback,
      set: (value: Value) => change({ [name]: value === fallback ? undefined : value }),
    })
  }

  const filters = computed((): Filters => {
    const found: Filters = {}
    for (const name of FILTERS) {
      if (name === 'model' || session.isAdministrator) found[name] = text(name)
    }
    // The API sums by one of them.
    const first = (['access_key', 'upstream_key', 'project'] as const).find((name) => found[name] !== undefined)
    for (const name of ['access_key', 'upstream_key', 'project'] as const) if (name !== first) found[name] = undefined
    return found
  })
  const groups = computed(() => groupsFor(session.isAdministrator, filters.value))

  const view = choice('view', () => ['explore', 'report'], 'explore')
  const metric = choice<Metric>('metric', () => METRICS, 'requests')
  const split = choice('split', () => ['kind', 'model'], 'kind')
  const compare = choice('compare', () => ['on', 'off'], 'on')
  const group = choice<Group>('group', () => groups.value, 'model')

  const time = computed((): { from: number; to?: number } => {
    const custom = range.custom.value
    if (custom?.from !== undefined) return { from: custom.from, to: custom.to }
    const name = range.name.value === 'custom' ? '24h' : range.name.value
    // The hour or day that is under way is one of them.
    const step = RANGES[name] > 3 * DAY ? DAY : HOUR
    return { from: Math.floor(Date.now() / HOUR) * HOUR - RANGES[name] + step }
  })
  const length = computed(() => (time.value.to ?? Date.now()) - time.value.from)
  const steps = computed((): readonly Step[] => (length.value < MOST_HOURS - DAY ? ['hour', 'day'] : ['day']))
  const usual = computed((): Step => (length.value <= 3 * DAY ? 'hour' : 'day'))
  const by = computed({
    get: () => steps.value.find((step) => step === text('by')) ?? usual.value,
    set: (step: Step) => change({ by: step === usual.value ? undefined : step }),
  })

  const query = computed((): StatsQuery => ({
    ...filters.value,
    from: new Date(time.value.from).toISOString(),
    to: time.value.to === undefined ? undefined : new Date(time.value.to).toISOString(),
    by: by.value,
    group: 'model',
  }))
  /** Addresses are summed by day alone. */
  const groupQuery = computed((): StatsQuery => ({
    ...query.value,
    group: group.value,
    by: group.value === 'address' ? 'day' : by.value,
  }))
  /** The hours of the time, or of its last days where it is longer than is told by hour. */
  const hourQuery = computed((): StatsQuery => {
    const { from, to } = time.value
    const first = Math.max(from, Math.floor((to ?? Date.now()) / HOUR) * HOUR - MOST_HOURS + DAY)
    return { ...query.value, from: new Date(first).toISOString(), by: 'hour' }
  })

  function narrow(name: FilterName, value: string | undefined): void {
    const other = name === 'model' ? {} : { access_key: undefined, upstream_key: undefined, project: undefined }
    void router.push({ query: { ...route.query, ...other, [name]: value, group: undefined } })
  }

  return {
    range,
    view,
    metric,
    split,
    compare,
    group,
    groups,
    by,
    steps,
    filters,
    query,
    groupQuery,
    hourQuery,
    narrow,
  }
}

export type Scope = ReturnType<typeof useScope>
