import { computed, shallowRef } from 'vue'

import { ApiError, messageOf } from '@/api/client'
import type { FieldProblem } from '@/api/problem'

/** What came of sending a form: what is wrong with which of its fields, and what is wrong beside them. */
export function useFailure(names: readonly string[]) {
  const error = shallowRef<unknown>()
  const fields = computed(() => (error.value instanceof ApiError ? fieldsOf(error.value) : []))

  /** What is wrong with a field, or with a part of it. */
  const of = (name: string): string | undefined => fields.value.find(({ field }) => belongs(field, name))?.message

  /** What no field of the form can say. */
  const general = computed(() => {
    if (error.value === undefined) return undefined
    if (fields.value.length === 0) return messageOf(error.value)
    const homeless = fields.value.filter(({ field }) => !names.some((name) => belongs(field, name)))
    return homeless.map(({ field, message }) => `${field}: ${message}`).join('\n') || undefined
  })

  return { error, of, general }
}

/** Whether a field of a problem is a field of the form, or a part of it. */
function belongs(field: string, name: string): boolean {
  return field === name || field.startsWith(`${name}[`) || field.startsWith(`${name}.`)
}

/** What a value of the wrong kind is refused with: the field stands in the sentence. */
const UNREADABLE = /^Failed to deserialize [^:]+: ([\w.[\]]+): (.+?)(?: at line \d+ column \d+)?$/

function fieldsOf(error: ApiError): readonly FieldProblem[] {
  if (error.fields.length > 0) return error.fields
  const [, field, message] = UNREADABLE.exec(error.message) ?? []
  return field !== undefined && message !== undefined ? [{ field, message }] : []
}
