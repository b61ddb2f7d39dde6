// @vitest-environment node
import { expect, test } from 'vitest'

import { generate } from '../../scripts/generate-api.mjs'

test('the types are those of the description (npm run api:generate)', async () => {
  await expect(await generate()).toMatchFileSnapshot('schema.gen.ts')
})
