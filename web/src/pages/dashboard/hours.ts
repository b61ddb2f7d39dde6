import type { Schema } from '@/api/client'

const HOUR = 3_600_000

export interface Hour {
  /** When it began, in milliseconds since 1970. */
  at: number
  answered: number
  failed: number
  cancelled: number
}

/** The hours of the answer without a gap: those without a request are not in it. */
export function hoursOf(stats: Schema<'Stats'>): Hour[] {
  const known = new Map(stats.series.map((point) => [new Date(point.starts_at).getTime(), point]))
  const hours: Hour[] = []
  const first = Math.floor(new Date(stats.from).getTime() / HOUR) * HOUR
  const end = new Date(stats.to).getTime()
  for (let at = first; at < end; at += HOUR) {
    const { answered = 0, failed = 0, cancelled = 0 } = known.get(at) ?? {}
    hours.push({ at, answered, failed, cancelled })
  }
  return hours
}

/** The hour that is running, if anything happened in it. */
export function runningHour(stats: Schema<'Stats'> | undefined): Schema<'Point'> | undefined {
  if (stats === undefined) return undefined
  const now = Math.floor(new Date(stats.to).getTime() / HOUR) * HOUR
  return stats.series.find((point) => new Date(point.starts_at).getTime() === now)
}
