import type { Schema } from '@/api/client'
import type { ConversationQuery } from '@/queries/conversations'

const DAY = 86_400_000
const HOUR = 3_600_000

/** How long nothing was said, in days, by the names in the address. */
export const IDLE = { '1d': 1, '7d': 7, '30d': 30, '90d': 90 } as const
export const ORDERS = ['newest', 'oldest', 'title', 'tokens'] as const
export type Order = (typeof ORDERS)[number]

export interface Chosen {
  words: string
  pinned: string
  model: string
  accessKey: string
  idle: string
}

export type Filter = Pick<ConversationQuery, 'text' | 'pinned' | 'model' | 'access_key' | 'before'>

/** What the API is asked for. A moment is that of the hour, so that the same question has the same answer for a while. */
export function filterOf(chosen: Chosen, now: number): Filter {
  const days = Object.hasOwn(IDLE, chosen.idle) ? IDLE[chosen.idle as keyof typeof IDLE] : undefined
  return {
    text: chosen.words.trim() || undefined,
    pinned: chosen.pinned === 'yes' ? true : undefined,
    model: chosen.model || undefined,
    access_key: chosen.accessKey || undefined,
    before: days === undefined ? undefined : new Date(Math.floor(now / HOUR) * HOUR - days * DAY).toISOString(),
  }
}

/** The same for what is done to all that pass it. */
export function bodyOf({ text, pinned, model, access_key, before }: Filter): Schema<'ContextFilter'> {
  return {
    text: text ?? null,
    pinned: pinned ?? null,
    model: model ?? null,
    access_key: access_key ?? null,
    before: before ?? null,
  }
}

export function orderOf(text: string): Order {
  return ORDERS.find((order) => order === text) ?? 'newest'
}
