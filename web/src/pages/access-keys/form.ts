import type { Schema } from '@/api/client'

type Number = number | undefined
interface Spread {
  day: Number
  month: Number
  total: Number
}

/** An access key as a form shows it: what is not limited is empty. */
export interface AccessKeyForm {
  name: string
  role: Schema<'RoleName'>
  expires: string | null
  models: string[]
  addresses: string[]
  rpm: Number
  tpm: Number
  rpd: Number
  tokens: Spread
  money: Spread
  paidOnly: boolean
  /** Whether conversations are completed: as the settings say, or always, or never. */
  completion: 'settings' | 'on' | 'off'
}

/** A new key's form, or that of a key as it is. */
export function formOf(view?: Schema<'AccessKeyView'>): AccessKeyForm {
  // What the API leaves out is not limited.
  const limits: Partial<Schema<'Policy'>> = view?.limits ?? {}
  const completion = limits.context_completion
  return {
    name: view?.name ?? '',
    role: view?.role === 'administrator' ? 'administrator' : 'user',
    expires: view?.expires_at ?? null,
    models: [...(limits.models ?? [])],
    addresses: [...(limits.allowed_ips ?? [])],
    rpm: limits.rpm ?? undefined,
    tpm: limits.tpm ?? undefined,
    rpd: limits.rpd ?? undefined,
    tokens: spread(limits.token_budget),
    money: spread(limits.money_budget_usd),
    paidOnly: limits.paid_keys_only ?? false,
    completion: typeof completion === 'boolean' ? (completion ? 'on' : 'off') : 'settings',
  }
}

/** What the form says of limits, as the API takes it. */
export function policyOf(form: AccessKeyForm): Schema<'Policy'> {
  return {
    models: form.models.length > 0 ? form.models : null,
    allowed_ips: form.addresses.length > 0 ? form.addresses : null,
    // A number field that was emptied holds null.
    rpm: form.rpm ?? null,
    tpm: form.tpm ?? null,
    rpd: form.rpd ?? null,
    token_budget: given(form.tokens),
    money_budget_usd: given(form.money),
    paid_keys_only: form.paidOnly,
    context_completion: form.completion === 'settings' ? null : form.completion === 'on',
  }
}

function given(budget: Spread): Partial<Record<keyof Spread, number>> {
  return Object.fromEntries(Object.entries(budget).filter(([, value]) => typeof value === 'number'))
}

function spread(budget: Partial<Spread> = {}): Spread {
  return { day: budget.day, month: budget.month, total: budget.total }
}
