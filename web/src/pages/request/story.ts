// What happened to a request, step by step, from its record. Nothing is guessed: what the record does not say has no step.
import type { LoggedRequest } from '@/queries/requests'

/** A key that might have served the request. */
export interface Candidate {
  why: string
  score: number
  headroom: number
  health: number
}

/** What the pool decided, and what came of it. */
export interface Decision {
  /** The key that was chosen, masked; missing when there was none. */
  key?: string
  /** How long it took until there was a key. */
  waited: number
  /** When the try began, since the request came. */
  after?: number
  /** How long the try took, until its answer began. */
  took?: number
  /** `answered`, `no_key`, `empty_answer`, or why the upstream refused. */
  outcome: string
  /** Whose fault it was. */
  scope?: string
  /** How many keys were in play. */
  inPlay: number
  /** The best few, best first. */
  best: Candidate[]
  /** How many keys were out, by reason. */
  rejected: [reason: string, count: number][]
  /** When the first of those that rest is back. */
  returnsAt?: string
}

/** What an administrator is told beyond the record. */
export interface Explanation {
  ended?: string
  finishReason?: string
  /** What the client called it. */
  requestId?: string
  modelAsked?: string
  warnings: string[]
  decisions: Decision[]
}

export type Step = { at?: number; took?: number } & (
  | { kind: 'arrived' }
  | { kind: 'warned'; warning: string }
  | { kind: 'replaced'; model: string }
  | { kind: 'waited' }
  | { kind: 'tried'; decision: Decision }
  | { kind: 'refused'; decision: Decision }
  | { kind: 'tries'; count: number }
  | { kind: 'turned_away' }
  | { kind: 'began' }
  | { kind: 'ended' }
)

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Reads an explanation; older records may lack what newer ones have. */
export function readExplanation(value: unknown): Explanation | undefined {
  if (!isFields(value)) return undefined
  return {
    ended: text(value.ended),
    finishReason: text(value.finish_reason),
    requestId: text(value.request_id),
    modelAsked: text(value.model_asked),
    warnings: list(value.warnings).flatMap((warning) => text(warning) ?? []),
    decisions: list(value.decisions).filter(isFields).map(readDecision),
  }
}

function readDecision(value: Fields): Decision {
  const rejected = isFields(value.rejected) ? Object.entries(value.rejected) : []
  return {
    key: text(value.key),
    waited: number(value.waited_ms) ?? 0,
    after: number(value.after_ms),
    took: number(value.took_ms),
    outcome: text(value.outcome) ?? '',
    scope: text(value.scope),
    inPlay: number(value.in_play) ?? 0,
    best: list(value.best).filter(isFields).map(readCandidate),
    rejected: rejected
      .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
      .toSorted(([, one], [, other]) => other - one),
    returnsAt: text(value.returns_at),
  }
}

function readCandidate(value: Fields): Candidate {
  const part = (name: string) => number(value[name]) ?? 0
  return { why: text(value.why) ?? '', score: part('score'), headroom: part('headroom'), health: part('health') }
}

/** The steps of a request, in their order. */
export function tell(request: LoggedRequest, explanation: Explanation | undefined): Step[] {
  const steps: Step[] = [{ kind: 'arrived', at: 0 }]
  for (const warning of explanation?.warnings ?? []) steps.push({ kind: 'warned', warning })
  if (explanation === undefined) steps.push(...tellWithoutReasons(request))
  else steps.push(...explanation.decisions.flatMap(tellDecision))
  if (explanation?.modelAsked !== undefined) steps.push({ kind: 'replaced', model: explanation.modelAsked })
  if (typeof request.first_token_ms === 'number') {
    const at = request.first_token_ms
    steps.push({ kind: 'began', at, took: Math.max(0, request.duration_ms - at) })
  }
  steps.push({ kind: 'ended', at: request.duration_ms })
  return steps
}

function tellDecision(decision: Decision): Step[] {
  const { waited, after, took } = decision
  const steps: Step[] = []
  if (waited > 0) {
    steps.push({ kind: 'waited', at: after === undefined ? undefined : Math.max(0, after - waited), took: waited })
  }
  steps.push(decision.key === undefined ? { kind: 'refused', decision } : { kind: 'tried', decision, at: after, took })
  return steps
}

function tellWithoutReasons(request: LoggedRequest): Step[] {
  if (request.attempts === 0) return request.outcome === 'failed' ? [{ kind: 'turned_away' }] : []
  const tries: Step = { kind: 'tries', count: request.attempts }
  return request.waited_ms > 0 ? [{ kind: 'waited', took: request.waited_ms }, tries] : [tries]
}

/** Where a step stands in the whole, in percent; missing where the record does not say. */
export function place(step: Step, duration: number): { left: number; width: number } | undefined {
  if (step.at === undefined || duration <= 0) return undefined
  const left = Math.min(100, (step.at / duration) * 100)
  return { left, width: Math.min(100 - left, ((step.took ?? 0) / duration) * 100) }
}
