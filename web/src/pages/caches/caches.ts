import type { MaybeRefOrGetter } from 'vue'

import type { Cache } from '@/queries/caches'
import { useNames } from '@/queries/usage'

/** What people call a cache; without a name of theirs it is called as Google calls it. */
export const titleOf = (cache: Cache): string => cache.display_name || cache.name

/** What a cache saved, less what it cost, in billionths of a dollar. */
export const balanceOf = (cache: Cache): number => cache.saved_nanos - cache.spent_nanos

/** What people call the projects that hold caches, for those who may know. */
export function useProjectNames(enabled: MaybeRefOrGetter<boolean>) {
  const { data: names } = useNames('project', enabled)
  return (cache: Cache): string => names.value?.get(cache.project ?? '') ?? cache.project ?? ''
}
