import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Program, sources } from './daemon.ts'

export type NamedProgram = Program & { readonly name: 'sources' | 'built' }

const REPOSITORY = pathOf('../..')
const BUILD = pathOf('../../tools/build.ts')
const BUILT = pathOf('../../dist/larder.cjs')
const WARM_CACHE = pathOf('../../tools/warm-cache.ts')
const COMPILE_CACHE = pathOf('../../.tmp/compile-cache')
const DOCKERFILE = pathOf('../../Dockerfile')

let built: NamedProgram | null = null

/** The program as it is developed, and as it is shipped. */
export function programs(): readonly [sources: NamedProgram, built: NamedProgram] {
  built ??= build()
  return [{ name: 'sources', ...sources }, built]
}

/** Builds the program, so that it is no older one, with the options and the cache of the image. */
function build(): NamedProgram {
  // Larder refuses variables that begin with LARDER_ and are no settings, as the benchmark's own.
  const env = { PATH: process.env['PATH'] }
  for (const words of [[BUILD], [WARM_CACHE, BUILT, COMPILE_CACHE]]) {
    execFileSync(process.execPath, words, {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: REPOSITORY,
      env,
    })
  }
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
