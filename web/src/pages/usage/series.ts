// Sums by step, made ready to be drawn. A step without a request is missing in the answer, and zero in a chart.
import type { Schema } from '@/api/client'
import type { ModelStep } from '@/queries/usage'

export type Amount = Schema<'Amount'>
export type Step = Schema<'Step'>

/** What is drawn. */
export const METRICS = ['requests', 'tokens', 'cost', 'errors', 'speed'] as const
export type Metric = (typeof METRICS)[number]

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** Times of one kind, from a moment on. */
export interface Grid {
  from: number
  by: Step
  /** How many steps there are. */
  count: number
}

const lengthOf = (by: Step): number => (by === 'hour' ? HOUR : DAY)

/** The steps between two moments. */
export function gridOf(from: string, to: string, by: Step): Grid {
  const start = Date.parse(from)
  // A Pacific day may have 23 or 25 hours.
  const slack = by === 'day' ? HOUR : 0
  const count = Math.max(1, Math.ceil((Date.parse(to) - start - slack) / lengthOf(by)))
  return { from: start, by, count }
}

/** Which step a moment begins. */
export function stepAt(grid: Grid, at: string): number {
  return Math.round((Date.parse(at) - grid.from) / lengthOf(grid.by))
}

/** When a step begins. */
export function startOf(grid: Grid, step: number): number {
  return grid.from + step * lengthOf(grid.by)
}

/** As much time before a grid, as the API is asked for it. */
export function timeBefore(grid: Grid): { from: string; to: string } {
  // Two hours into the first day: what a change of the clock moves is still the same day.
  const slack = grid.by === 'day' ? 2 * HOUR : 0
  const from = grid.from - grid.count * lengthOf(grid.by) + slack
  return { from: new Date(from).toISOString(), to: new Date(grid.from).toISOString() }
}

/** One value for each step; `nothing` where there was no request. */
export function spread<Point extends { starts_at: string }>(
  grid: Grid,
  points: readonly Point[],
  value: (point: Point) => number | null,
  nothing: number | null,
): (number | null)[] {
  const values = Array.from({ length: grid.count }, () => nothing)
  for (const point of points) {
    const step = stepAt(grid, point.starts_at)
    if (step >= 0 && step < grid.count) values[step] = value(point)
  }
  return values
}

/** A metric as one number; `null` where nothing was measured. Money in dollars. */
export function valueOf(metric: Metric, amount: Amount): number | null {
  switch (metric) {
    case 'requests':
      return amount.requests
    case 'tokens':
      return amount.total_tokens
    case 'cost':
      return amount.cost_nanos / 1e9
    case 'errors':
      return amount.requests === 0 ? null : amount.error_rate
    case 'speed':
      return amount.requests === 0 ? null : amount.average_duration_ms
  }
}

/** Whether a metric can be added up; shares and averages cannot. */
export function isSum(metric: Metric): boolean {
  return metric === 'requests' || metric === 'tokens' || metric === 'cost'
}

/** The models with most of a metric, and the steps of each; those that are left are added up under no name. */
export function topModels(steps: readonly ModelStep[], metric: Metric, most: number): Map<string, ModelStep[]> {
  const byModel = new Map<string, ModelStep[]>()
  for (const step of steps) {
    const own = byModel.get(step.model)
    if (own === undefined) byModel.set(step.model, [step])
    else own.push(step)
  }
  const weight = (own: readonly ModelStep[]) =>
    own.reduce((sum, step) => sum + (isSum(metric) ? (valueOf(metric, step) ?? 0) : step.requests), 0)
  const ranked = [...byModel].toSorted(([, one], [, other]) => weight(other) - weight(one))
  const top = new Map(ranked.slice(0, most))
  const rest = ranked.slice(most).flatMap(([, own]) => own)
  // An average of averages says nothing.
  if (rest.length > 0 && isSum(metric)) top.set('', rest)
  return top
}

/** The steps of several models, added up. */
export function addUp(grid: Grid, steps: readonly ModelStep[], metric: Metric): (number | null)[] {
  const values: (number | null)[] = Array.from({ length: grid.count }, () => (isSum(metric) ? 0 : null))
  for (const one of steps) {
    const step = stepAt(grid, one.starts_at)
    const value = valueOf(metric, one)
    if (step >= 0 && step < grid.count && value !== null) values[step] = (values[step] ?? 0) + value
  }
  return values
}

/** Sums by weekday (0 is Monday) and hour, in this browser's time. */
export function byHourOfWeek(
  points: readonly (Amount & { starts_at: string })[],
  metric: Metric,
): { day: number; hour: number; value: number }[] {
  const cells = new Map<number, number>()
  for (const point of points) {
    const at = new Date(point.starts_at)
    const cell = ((at.getDay() + 6) % 7) * 24 + at.getHours()
    const value = isSum(metric) ? (valueOf(metric, point) ?? 0) : point.requests
    cells.set(cell, (cells.get(cell) ?? 0) + value)
  }
  return [...cells].map(([cell, value]) => ({ day: Math.floor(cell / 24), hour: cell % 24, value }))
}
