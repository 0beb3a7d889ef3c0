import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Program, sources } from './daemon.ts'

export type NamedProgram = Program & { readonly name: 'sources' | 'built' }

const BUILT = pathOf('../../dist/larder.cjs')
const WARM_CACHE = pathOf('../../tools/warm-cache.ts')
const COMPILE_CACHE = pathOf('../../.tmp/compile-cache')
const DOCKERFILE = pathOf('../../Dockerfile')

/** The program as it is developed, and as `npm run build` left it, if it was built. */
export function programs(): readonly NamedProgram[] {
  const developed = { name: 'sources', ...sources } as const
  return existsSync(BUILT) ? [developed, builtProgram()] : [developed]
}

/** The built program with the options of the image and a compile cache that is filled as there. */
function builtProgram(): NamedProgram {
  execFileSync(process.execPath, [WARM_CACHE, BUILT, COMPILE_CACHE], { stdio: 'ignore' })
  const { words, variable } = optionsOfImage(readFileSync(DOCKERFILE, 'utf8'))
  return {
    name: 'built',
    words: [...words, BUILT],
    environment: {
      NODE_ENV: 'production',
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...(variable !== null && { NODE_OPTIONS: variable }),
    },
  }
}

function optionsOfImage(dockerfile: string) {
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]'
  const words = (JSON.parse(entry) as readonly string[]).filter((word) => word.startsWith('-'))
  return { words, variable: /\bNODE_OPTIONS="?([^"\n]+)/.exec(dockerfile)?.[1] ?? null }
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
