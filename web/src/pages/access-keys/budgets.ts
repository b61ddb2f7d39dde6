import type { Schema } from '@/api/client'

/** What the API leaves out is not limited. */
type View = { limits: Partial<Schema<'Policy'>>; used: Schema<'AccessKeyUse'> }

/** A limit of an access key with what is used of it. */
export interface Budget {
  /** What is counted. */
  unit: 'requests' | 'tokens' | 'money'
  /** In what time. */
  period: 'minute' | 'day' | 'month' | 'total'
  used: number
  limit: number
}

/** Every limit of an access key of which GAP counts the use, in the order of the form. */
export function budgetsOf({ limits, used }: View): Budget[] {
  const { rpm, rpd, token_budget: tokens, money_budget_usd: money } = limits
  const all: [Budget['unit'], Budget['period'], number, number | null | undefined][] = [
    ['requests', 'minute', used.requests_minute, rpm],
    ['requests', 'day', used.requests_day, rpd],
    ['tokens', 'day', used.tokens_day, tokens?.day],
    ['tokens', 'month', used.tokens_month, tokens?.month],
    ['tokens', 'total', used.tokens_total, tokens?.total],
    ['money', 'day', used.cost_day_usd, money?.day],
    ['money', 'month', used.cost_month_usd, money?.month],
    ['money', 'total', used.cost_total_usd, money?.total],
  ]
  return all.flatMap(([unit, period, spent, limit]) =>
    typeof limit === 'number' ? [{ unit, period, used: spent, limit }] : [],
  )
}

/** How much of a budget is used, from 0 to 1 and above. */
export function shareOf({ used, limit }: Budget): number {
  return limit === 0 ? 1 : used / limit
}

/** The budget that ends first. */
export function tightestOf(view: View): Budget | undefined {
  const [first, ...others] = budgetsOf(view)
  if (first === undefined) return undefined
  return others.reduce((most, budget) => (shareOf(budget) > shareOf(most) ? budget : most), first)
}

const DAY = 86_400_000

/** Requests of each day, oldest first; days without any are nothing, not missing. */
export function requestsByDay({ from, to, series }: Pick<Schema<'Stats'>, 'from' | 'to' | 'series'>): number[] {
  const start = new Date(from).getTime()
  const days = Math.max(1, Math.ceil((new Date(to).getTime() - start) / DAY))
  const values = Array.from({ length: days }, () => 0)
  for (const { starts_at, requests } of series) {
    // Pacific days have 23 or 25 hours twice a year.
    const day = Math.round((new Date(starts_at).getTime() - start) / DAY)
    if (day in values) values[day] = requests
  }
  return values
}
