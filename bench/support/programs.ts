import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A way to run Larder. */
export type Program = {
  readonly name: 'sources' | 'built'
  /** Options of Node and the file that it runs. */
  readonly words: readonly string[]
  /** Variables besides those of the installation. */
  readonly environment?: Readonly<Record<string, string>>
}

const REPOSITORY = pathOf('../..')
const BUILD = pathOf('../../tools/build.ts')
const SOURCES = pathOf('../../src/larder.js')
const BUILT = pathOf('../../dist/larder.cjs')
const WARM_CACHE = pathOf('../../tools/warm-cache.ts')
const COMPILE_CACHE = pathOf('../../.tmp/compile-cache')
const DOCKERFILE = pathOf('../../Dockerfile')

/** The program as it is developed. It starts without a build. */
export const sources: Program = { name: 'sources', words: [SOURCES] }

/** The same program, started by an entry of the benchmark that gets `words` first. */
export function startedBy(entry: string, program: Program, ...words: readonly string[]): Program {
  return { ...program, words: program.words.toSpliced(-1, 0, entry, ...words) }
}

let newBuild: Program | null = null

/** The program as it is shipped, built at the first call. */
export function built(): Program {
  return (newBuild ??= build())
}

/** Builds the program, so that it is no older one, with the options and the cache of the image. */
function build(): Program {
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
