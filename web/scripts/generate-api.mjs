// Writes the types of the admin API from its description, which the gateway's code writes (`cargo xtask docs`).
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import openapiTS, { astToString } from 'openapi-typescript'

const description = new URL('../../docs/reference/openapi.json', import.meta.url)
const target = new URL('../src/api/schema.gen.ts', import.meta.url)

/** The types as text, for the file and for the test that compares it. */
export async function generate() {
  const text = astToString(await openapiTS(await readFile(description, 'utf8'), { alphabetize: true }))
  return `// Written by \`npm run api:generate\` from docs/reference/openapi.json.\n\n${text}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(target, await generate())
