import { chmod, rm, writeFile } from 'node:fs/promises'
import { rolldown } from 'rolldown'
import { thirdPartyLicenses } from './third-party-licenses.ts'

const OUT = 'dist'

await rm(OUT, { recursive: true, force: true })
await using bundle = await rolldown({
  // The second program is a process of its own: see src/store/sqlite/run-check-file.ts.
  input: { larder: 'src/larder.js', 'check-file': 'src/store/sqlite/check-file.ts' },
  platform: 'node',
  // Its binary cannot be bundled, and its own code finds the one for this machine.
  external: ['better-sqlite3'],
  // depd calls `eval` only for deprecated functions of Koa's libraries.
  checks: { eval: false },
  onLog: (_level, { message }) => {
    throw new Error(message)
  },
})
const { output } = await bundle.write({
  dir: OUT,
  // Not ES modules: an import of `node:http` there reads all its exports, and so loads undici.
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name].cjs',
  minify: true,
  // V8 keeps a source with any other character as UTF-16, in twice the memory.
  charset: 'ascii',
  comments: false,
  sourcemap: true,
  sourcemapExcludeSources: true,
})
const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
await writeFile(`${OUT}/THIRD-PARTY-LICENSES`, thirdPartyLicenses(modules))
await chmod(`${OUT}/larder.cjs`, 0o755)
for (const file of output) {
  if (file.type === 'chunk') process.stdout.write(`${file.code.length} ${file.fileName}\n`)
}
