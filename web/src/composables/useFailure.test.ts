import { expect, test } from 'vitest'

import { ApiError } from '@/api/client'

import { useFailure } from './useFailure'

const refusal = (...fields: [string, string][]) =>
  new ApiError(
    422,
    'Two fields are wrong.',
    fields.map(([field, message]) => ({ field, message })),
  )

test('what is wrong stands beside the field it is wrong with', () => {
  const { error, of, general } = useFailure(['label', 'models'])
  error.value = refusal(['models[1]', 'takes a name'], ['label', 'is too long'])
  expect(of('models')).toBe('takes a name')
  expect(of('label')).toBe('is too long')
  expect(general.value).toBeUndefined()
})

test('a field that the form does not show is named above it', () => {
  const { error, of, general } = useFailure(['label'])
  error.value = refusal(['labelled', 'is unknown'])
  expect(of('label')).toBeUndefined()
  expect(general.value).toBe('labelled: is unknown')
})

test('a refusal without fields is said as it is', () => {
  const { error, general } = useFailure(['label'])
  expect(general.value).toBeUndefined()
  error.value = new ApiError(503, 'The database does not answer.')
  expect(general.value).toBe('The database does not answer.')
})
