import { existsSync } from 'node:fs'
import { url as inspectorUrl } from 'node:inspector'
import { join, resolve } from 'node:path'
import { PACKAGE_DIRECTORY } from '../package-directory.ts'
import type { Environment } from './environment.ts'
import { fileSystemType } from './file-system.ts'
import type { ProcessState } from './process-flags.ts'

/** The inputs of the settings besides variables and files. */
export type ConfigSources = {
  readonly cwd: string
  /** Whether this is Larder's image, which has its own paths and never creates keys. */
  readonly inImage: boolean
  readonly process: ProcessState
  /** Returns the Linux statfs(2) number, or null if unknown. */
  readonly fileSystemType: (path: string) => number | null
}

/** Reads the inputs from the process. A marker file in the package directory identifies the image. */
export function surroundings(): ConfigSources {
  return {
    cwd: process.cwd(),
    inImage: existsSync(join(PACKAGE_DIRECTORY, 'IMAGE')),
    process: processState(),
    // On other systems, the numbers have other meanings.
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

export type Places = {
  readonly dataDir: string
  /** Null if the vault is not a file. */
  readonly databaseFile: string | null
}

export function readPlaces(
  environment: Environment,
  around: Pick<ConfigSources, 'cwd' | 'inImage'>,
): Places {
  const fallback = around.inImage ? '/data' : resolve(around.cwd, 'data')
  const dataDir = environment.path('LARDER_DATA_DIR') ?? fallback
  const isFile = !environment.isGiven('LARDER_DATABASE_URL')
  return { dataDir, databaseFile: isFile ? join(dataDir, 'larder.db') : null }
}
