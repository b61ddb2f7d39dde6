import { expect, test } from 'vitest'

import type { Schema } from '@/api/client'

import { budgetsOf, requestsByDay, shareOf, tightestOf } from './budgets'

const used: Schema<'AccessKeyUse'> = {
  requests_minute: 2,
  requests_day: 50,
  tokens_day: 900,
  tokens_month: 5_000,
  tokens_total: 9_000,
  cost_day_usd: 0.1,
  cost_month_usd: 4,
  cost_total_usd: 12,
}

test('only what is limited is a budget', () => {
  expect(budgetsOf({ limits: {}, used })).toEqual([])
  expect(tightestOf({ limits: {}, used })).toBeUndefined()
  const limits = { rpd: 100, tpm: 5, money_budget_usd: { month: 5 } }
  expect(budgetsOf({ limits, used }).map(({ unit, period }) => `${unit} ${period}`)).toEqual([
    'requests day',
    'money month',
  ])
})

test('the budget that ends first is shown first', () => {
  const limits = { rpd: 100, token_budget: { day: 1_000 }, money_budget_usd: { month: 5 } }
  expect(tightestOf({ limits, used })).toMatchObject({ unit: 'tokens', period: 'day' })
})

test('a budget of nothing is used up', () => {
  expect(shareOf({ unit: 'money', period: 'day', used: 0, limit: 0 })).toBe(1)
})

const point = (starts_at: string, requests: number) => ({ starts_at, requests }) as Schema<'Point'>

test('days without a request are nothing, also where the clock is put back', () => {
  const days = requestsByDay({
    from: '2026-10-31T07:00:00Z',
    to: '2026-11-03T12:00:00Z',
    // Midnight Pacific is an hour later in winter.
    series: [point('2026-10-31T07:00:00Z', 3), point('2026-11-02T08:00:00Z', 5)],
  })
  expect(days).toEqual([3, 0, 5, 0])
})
