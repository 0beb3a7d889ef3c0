import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from './environment.ts'
import { fileSystemType } from './file-system.ts'

/** Where the settings are read. */
export type Surroundings = {
  readonly cwd: string
  /** Inside the image keys are never made, and the paths are the image's. */
  readonly inImage: boolean
  readonly execArgv: readonly string[]
  /** As statfs(2) of Linux has it; null where that cannot be known. */
  readonly fileSystemType: (path: string) => number | null
}

/** A file of the image's own, beside the package, tells that this is it. */
export function surroundings(): Surroundings {
  const marker = fileURLToPath(new URL('../../IMAGE', import.meta.url))
  return {
    cwd: process.cwd(),
    inImage: existsSync(marker),
    execArgv: process.execArgv,
    // Elsewhere the numbers mean something else.
    fileSystemType: process.platform === 'linux' ? fileSystemType : () => null,
  }
}

export type Places = { readonly dataDir: string; readonly databaseFile: string }

export function readPlaces(
  environment: Environment,
  around: Pick<Surroundings, 'cwd' | 'inImage'>,
): Places {
  const fallback = around.inImage ? '/data' : resolve(around.cwd, 'data')
  const dataDir = environment.path('LARDER_DATA_DIR') ?? fallback
  return { dataDir, databaseFile: join(dataDir, 'larder.db') }
}
