import { type Config, loadConfig } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/findings.ts'
import type { ConfigSources } from '../../src/config/config-sources.ts'
import { tempDir } from './temp-dir.ts'

export const MASTER_KEY = Buffer.alloc(32, 7).toString('base64')
export const API_KEY = 'k'.repeat(40)
export const KEYS = { LARDER_MASTER_KEY: MASTER_KEY, LARDER_API_KEY: API_KEY }

export function around(changes: Partial<ConfigSources> = {}): ConfigSources {
  return {
    cwd: tempDir(),
    inImage: false,
    process: { execArgv: [], inspectorUrl: undefined, writesReports: false },
    fileSystemType: () => null,
    ...changes,
  }
}

/** Loads with both keys given, so that only `variables` is checked. */
export function load(
  variables: Record<string, string>,
  changes: Partial<ConfigSources> = {},
): Config {
  return loadConfig({ ...KEYS, ...variables }, around(changes))
}

export function problemsOf(work: () => unknown): readonly string[] {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
