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

test('a value of the wrong kind is said beside its field', () => {
  const { error, of, general } = useFailure(['limits'])
  const words = 'takes addresses and networks such as 203.0.113.7 or 10.0.0.0/8'
  const place = 'Failed to deserialize the JSON body into the target type: limits.allowed_ips[0]'
  error.value = new ApiError(422, `${place}: ${words} at line 1 column 70`)
  expect(of('limits.allowed_ips')).toBe(words)
  expect(general.value).toBeUndefined()
})
