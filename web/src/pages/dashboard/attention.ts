// What on a dashboard asks for somebody: worst first. Nothing is said that the API has not.
import type { Schema } from '@/api/client'

export type Attention = { tone: 'bad' | 'warn'; id: string; to?: { name: string; query?: Record<string, string> } } & (
  | { kind: 'database' | 'no-keys' | 'none-healthy' }
  | { kind: 'disabled' | 'resting'; count: number; total: number }
  | { kind: 'errors'; share: number; count: number }
  | { kind: 'used-up'; model: string }
  | { kind: 'runs-dry'; model: string; at: string }
  | { kind: 'more-projects'; model: string; count: number }
)

/** This many failed requests in an hour, and this share of them, are no accident. */
const FAILURES = 5
const FAILED_SHARE = 0.1
/** From this share of resting keys on it is a storm, not the usual coming and going. */
const STORM = 0.5
/** More models than these would hide the rest; the usage page has them all. */
const MODELS = 5

export function attentionOf(
  health: Schema<'Health'> | undefined,
  models: readonly Schema<'ModelView'>[],
  lastHour: Schema<'Amount'> | undefined,
): Attention[] {
  return [...ofHealth(health), ...ofRequests(lastHour), ...ofModels(models)].toSorted(
    (one, other) => Number(one.tone === 'warn') - Number(other.tone === 'warn'),
  )
}

function keys(state?: string) {
  return { name: 'keys', query: state === undefined ? undefined : { state } }
}

function* ofHealth(health: Schema<'Health'> | undefined): Generator<Attention> {
  if (health === undefined) return
  const { total, healthy, resting, disabled } = health.keys
  if (health.database.status === 'unreachable') yield { kind: 'database', id: 'database', tone: 'bad' }
  if (total === 0) yield { kind: 'no-keys', id: 'no-keys', tone: 'bad', to: keys() }
  else if (healthy === 0) yield { kind: 'none-healthy', id: 'none-healthy', tone: 'bad', to: keys() }
  if (disabled > 0)
    yield { kind: 'disabled', id: 'disabled', tone: 'warn', count: disabled, total, to: keys('disabled') }
  if (healthy > 0 && resting > 1 && resting / total >= STORM)
    yield { kind: 'resting', id: 'resting', tone: 'warn', count: resting, total, to: keys('resting') }
}

function* ofRequests(lastHour: Schema<'Amount'> | undefined): Generator<Attention> {
  if (lastHour === undefined || lastHour.failed < FAILURES || lastHour.error_rate < FAILED_SHARE) return
  const to = { name: 'requests', query: { outcome: 'failed' } }
  yield { kind: 'errors', id: 'errors', tone: 'bad', share: lastHour.error_rate, count: lastHour.failed, to }
}

function* ofModels(models: readonly Schema<'ModelView'>[]): Generator<Attention> {
  const short = models.filter(isShort).toSorted((one, other) => (other.load ?? 0) - (one.load ?? 0))
  for (const { model, left, dry_at: at, more_projects: count } of short.slice(0, MODELS)) {
    const id = `model-${model}`
    const to = { name: 'usage' }
    if (left === 0) yield { kind: 'used-up', id, tone: 'bad', model, to }
    else if (at) yield { kind: 'runs-dry', id, tone: 'warn', model, at, to }
    else yield { kind: 'more-projects', id, tone: 'warn', model, count, to }
  }
}

function isShort(model: Schema<'ModelView'>): boolean {
  // Projects of unknown limits may go on when the known ones are used up.
  if (model.unlimited_projects > 0) return false
  return model.left === 0 || Boolean(model.dry_at) || (model.advice === 'add_surely' && model.more_projects > 0)
}
