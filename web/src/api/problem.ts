import type { components } from './schema.gen'

type Problem = components['schemas']['Problem']
export type FieldProblem = components['schemas']['FieldProblem']

/** What went wrong, in one shape: a refusal by GAP, an answer of something before it, or no answer at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    /** The HTTP status; 0 when no answer came. */
    readonly status: number,
    message: string,
    /** Which fields are wrong, and how. */
    readonly fields: readonly FieldProblem[] = [],
    /** After so many seconds it is worth another try. */
    readonly retryAfter?: number,
    /** The request's name in GAP's log. */
    readonly requestId?: string,
    /** Whether GAP itself said so; else a proxy before it, or nobody. */
    readonly fromGateway = false,
  ) {
    super(message)
  }

  /** Nobody answered, or a proxy that finds no gateway behind it. */
  get unreachable(): boolean {
    return this.status === 0 || (!this.fromGateway && this.status >= 500)
  }

  /** What is wrong with a field, if anything. */
  field(name: string): string | undefined {
    return this.fields.find((problem) => problem.field === name)?.message
  }
}

/** Reads a refusal, whoever wrote it. */
export async function readProblem(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id') ?? undefined
  const text = await response.text().catch(() => '')
  const problem = parse(text)
  if (problem === undefined) {
    return new ApiError(response.status, response.statusText || `HTTP ${response.status}`, [], undefined, requestId)
  }
  const retryAfter = problem.retry_after ?? undefined
  return new ApiError(response.status, problem.detail, problem.errors ?? [], retryAfter, requestId, true)
}

/** GAP's refusals are problems in the admin API and each dialect's own errors beside it; both say what is wrong. */
function parse(text: string): (Partial<Problem> & Pick<Problem, 'detail'>) | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value)) return undefined
    if (typeof value.detail === 'string') return value as Problem
    if (isRecord(value.error) && typeof value.error.message === 'string') return { detail: value.error.message }
  } catch {
    // Not JSON: a proxy's page.
  }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** An error in any shape as one sentence for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
