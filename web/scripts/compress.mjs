// After the build: the documentation's pages join it, and every text gets its compressed forms beside it, which the
// binary serves as they are.
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const require = createRequire(import.meta.url)
const dist = new URL('../dist/', import.meta.url).pathname
const packages = {
  'swagger-ui-dist': ['swagger-ui-bundle.js', 'swagger-ui.css'],
  redoc: ['bundles/redoc.standalone.js'],
}

await mkdir(join(dist, 'docs'), { recursive: true })
for (const [name, files] of Object.entries(packages)) {
  const root = dirname(require.resolve(`${name}/package.json`))
  for (const file of files) await copyFile(join(root, file), join(dist, 'docs', file.split('/').pop()))
}

for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(js|css|svg|json|txt)$/.test(entry.name)) continue
  const path = join(entry.parentPath, entry.name)
  const content = await readFile(path)
  if (content.length < 1024) continue
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: content.length > 500_000 ? 9 : 11 } }
  await writeFile(`${path}.br`, brotliCompressSync(content, quality))
  await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }))
}
