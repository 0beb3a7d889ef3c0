import { existsSync } from 'node:fs'
import { url as inspectorUrl } from 'node:inspector'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from './environment.ts'
import { fileSystemType } from './file-system.ts'
import type { ProcessState } from './process-flags.ts'

/** Where the settings are read. */
export type ConfigSources = {
  readonly cwd: string
  /** Inside the image keys are never made, and the paths are the image's. */
  readonly inImage: boolean
  readonly process: ProcessState
  /** As statfs(2) of Linux has it; null where that cannot be known. */
  readonly fileSystemType: (path: string) => number | null
}

/** A file of the image's own, beside the package, tells that this is it. */
export function surroundings(): ConfigSources {
  const marker = fileURLToPath(new URL('../../IMAGE', import.meta.url))
  return {
    cwd: process.cwd(),
    inImage: existsSync(marker),
    process: processState(),
    // Elsewhere the numbers mean something else.
    fileSystemType: process.platform === 'linux' ? fileSystemType : () => null,
  }
}

function processState(): ProcessState {
  const { reportOnFatalError, reportOnSignal, reportOnUncaughtException } = process.report
  return {
    execArgv: process.execArgv,
    inspectorUrl: inspectorUrl(),
    writesReports: reportOnFatalError || reportOnSignal || reportOnUncaughtException,
  }
}

export type Places = { readonly dataDir: string; readonly databaseFile: string }

export function readPlaces(
  environment: Environment,
  around: Pick<ConfigSources, 'cwd' | 'inImage'>,
): Places {
  const fallback = around.inImage ? '/data' : resolve(around.cwd, 'data')
  const dataDir = environment.path('LARDER_DATA_DIR') ?? fallback
  return { dataDir, databaseFile: join(dataDir, 'larder.db') }
}
