import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Program, sources } from './daemon.ts'

export type NamedProgram = Program & { readonly name: 'sources' | 'built' }

const BUILT = fileURLToPath(new URL('../../dist/larder.cjs', import.meta.url))

/** The program as it is developed, and as `npm run build` left it, if it was built. */
export function programs(): readonly NamedProgram[] {
  const built = { name: 'built', words: [BUILT] } as const
  return [{ name: 'sources', ...sources }, ...(existsSync(BUILT) ? [built] : [])]
}
