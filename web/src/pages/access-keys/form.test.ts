import { expect, test } from 'vitest'

import type { Schema } from '@/api/client'

import { formOf, policyOf } from './form'

const view = (limits: Partial<Schema<'Policy'>>) => ({ name: 'alice', role: 'user', limits }) as Schema<'AccessKeyView'>

test('an empty form limits nothing', () => {
  expect(policyOf(formOf())).toEqual({
    models: null,
    allowed_ips: null,
    rpm: null,
    tpm: null,
    rpd: null,
    token_budget: {},
    money_budget_usd: {},
    paid_keys_only: false,
    context_completion: null,
  })
})

test('what is not touched is sent as it was', () => {
  const limits: Schema<'Policy'> = {
    models: ['gemini-2.5-*'],
    allowed_ips: ['10.0.0.0/8'],
    rpm: 10,
    tpm: null,
    rpd: 100,
    token_budget: { day: 1_000 },
    money_budget_usd: { month: 5, total: 0.5 },
    paid_keys_only: true,
    context_completion: false,
  }
  expect(policyOf(formOf(view(limits)))).toEqual(limits)
})

test('a limit of 0 is a limit, an emptied field is none', () => {
  const form = formOf(view({ token_budget: { day: 5, month: 7 } }))
  form.tokens.day = 0
  form.tokens.month = null as unknown as undefined
  expect(policyOf(form).token_budget).toEqual({ day: 0 })
})
