import type { Schema } from '@/api/client'
import type { Tone } from '@/components/display/StateTag.vue'

type Bucket = Schema<'BucketOut'>
type Quota = Schema<'QuotaOut'>

/** How much of a quota is used, from 0 to 1; nothing where nobody has named its limit. */
export function loadOf(quota: Quota): number | undefined {
  if (quota.limit === undefined || quota.limit === null) return undefined
  return quota.limit === 0 ? 1 : quota.used / quota.limit
}

/** The quota that ends first; where no limit is known, the requests of the day. */
export function tightest(bucket: Bucket): Quota | undefined {
  const limited = bucket.quotas.filter((quota) => loadOf(quota) !== undefined)
  if (limited.length === 0) return bucket.quotas.find(({ quota }) => quota === 'requests_per_day') ?? bucket.quotas[0]
  return limited.reduce((most, quota) => ((loadOf(quota) ?? 0) > (loadOf(most) ?? 0) ? quota : most))
}

/** Buckets in the order in which they deserve a look: those that rest, then the fullest, then the busiest. */
export function byUrgency(buckets: readonly Bucket[]): Bucket[] {
  const rank = (bucket: Bucket): [number, number, number] => {
    const quota = tightest(bucket)
    return [bucket.cause ? 1 : 0, quota === undefined ? 0 : (loadOf(quota) ?? 0), quota?.used ?? 0]
  }
  return buckets.toSorted((one, two) => {
    const [a, b] = [rank(one), rank(two)]
    return b[0] - a[0] || b[1] - a[1] || b[2] - a[2] || one.model.localeCompare(two.model)
  })
}

/** How many models a key cannot serve at present. */
export function restingModels(buckets: readonly Bucket[]): number {
  return buckets.filter((bucket) => bucket.cause).length
}

/** How a quota's use is to be felt: a minute is soon over, a day is not. */
export function toneOfQuota(quota: Quota): Tone {
  const load = loadOf(quota) ?? 0
  if (load >= 1) return quota.quota.endsWith('_per_minute') ? 'warn' : 'bad'
  return load >= 0.8 ? 'warn' : 'accent'
}

/** How a health between 0 and 1 is to be felt. */
export function toneOfHealth(health: number): Tone {
  if (health >= 0.9) return 'good'
  return health >= 0.6 ? 'warn' : 'bad'
}

/** What people call a key: its label, else as much of it as may be shown. */
export function nameOf(key: Pick<Schema<'KeyView'>, 'label' | 'key'>): string {
  return key.label || key.key
}
