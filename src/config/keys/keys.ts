import { existsSync } from 'node:fs'
import type { Secret } from '../../core/base/secret.ts'
import type { Environment, Rule, EnvironmentVariables } from '../environment.ts'
import type { Findings } from '../findings.ts'
import { keyFiles, newKey, readLeftKey, writeNewKey } from './key-files.ts'
import { masterKeyRule, readMasterKey } from './master-key.ts'
import { fileErrorCode } from './secret-file.ts'

/** The characters of a bearer token (RFC 6750 §2.1). */
export const apiKeyRule: Rule = (raw) =>
  /^[A-Za-z0-9._~+/-]{32,}=*$/.test(raw)
    ? null
    : 'must be at least 32 characters of A-Z, a-z, 0-9 and . _ ~ + / -'

/** Null means that a problem is recorded. */
type KeySource = Secret | 'to be made' | null

export type KeySources = { readonly masterKey: KeySource; readonly apiKey: KeySource }

export type Keys = {
  readonly masterKey: Secret
  readonly apiKey: Secret
  /** Files that this start has written. */
  readonly madeKeys: readonly string[]
}

type Surroundings = {
  readonly dataDir: string
  readonly databaseFile: string | null
  readonly listensOnLoopback: boolean
  readonly inImage: boolean
}

/**
 * Takes each key from the settings, or else from an earlier first run. If neither has the key, a
 * new key is created where that is safe.
 */
export function readKeys(
  sources: { readonly environment: Environment; readonly variables: EnvironmentVariables },
  surroundings: Surroundings,
  findings: Findings,
): KeySources {
  const { environment, variables } = sources
  const isMasterGiven =
    environment.isGiven('LARDER_MASTER_KEY') || environment.isGiven('LARDER_MASTER_KEY_COMMAND')
  const isApiGiven = environment.isGiven('LARDER_API_KEY')
  const absent = absentKey({ ...surroundings, isAnyGiven: isMasterGiven || isApiGiven }, findings)
  const left = keyFiles(surroundings.dataDir)
  return {
    masterKey: isMasterGiven
      ? readMasterKey(environment, variables, findings)
      : absent(left.masterKey, masterKeyRule, 'LARDER_MASTER_KEY'),
    apiKey: isApiGiven
      ? environment.secret('LARDER_API_KEY', apiKeyRule)
      : absent(left.apiKey, apiKeyRule, 'LARDER_API_KEY'),
  }
}

/**
 * Writes the keys of a first run. Returns null and records a problem if writing fails or a key is
 * malformed.
 */
export function makeKeys(sources: KeySources, dataDir: string, findings: Findings): Keys | null {
  const files = keyFiles(dataDir)
  const made: string[] = []
  const settle = (
    source: KeySource,
    path: string,
    rule: Rule,
    encoding: 'base64' | 'base64url',
  ) => {
    if (source !== 'to be made') return source
    if (!writeNewKey(path, newKey(encoding))) return readLeftKey(path, rule, findings)
    made.push(path)
    return readLeftKey(path, rule, findings)
  }
  try {
    const apiKey = settle(sources.apiKey, files.apiKey, apiKeyRule, 'base64url')
    const masterKey = settle(sources.masterKey, files.masterKey, masterKeyRule, 'base64')
    return apiKey === null || masterKey === null ? null : { masterKey, apiKey, madeKeys: made }
  } catch (error) {
    const detail = `not set, and none can be written beside the data directory (${fileErrorCode(error)})`
    findings.problem('LARDER_MASTER_KEY', detail)
    return null
  }
}

/**
 * Handles a key that is not in the settings. Creates a key only in a first run outside a container:
 * a container would lose the key, and a new key cannot open an existing vault. Nor is one created
 * for a database server, which may already hold a vault.
 */
function absentKey(around: Surroundings & { readonly isAnyGiven: boolean }, findings: Findings) {
  const file = around.databaseFile
  const hasVault = file !== null && existsSync(file)
  const isNew = file !== null && !hasVault && !around.isAnyGiven
  const mayMake = isNew && around.listensOnLoopback && !around.inImage
  return (path: string, rule: Rule, name: keyof typeof HOW_TO_MAKE): KeySource => {
    if (!around.inImage && existsSync(path)) return readLeftKey(path, rule, findings)
    if (mayMake) return 'to be made'
    const isLost = hasVault && name === 'LARDER_MASTER_KEY'
    findings.problem(name, isLost ? LOST_MASTER_KEY : HOW_TO_MAKE[name])
    return null
  }
}

const LOST_MASTER_KEY = 'not set, but the data directory holds a vault: give the key that made it'
const HOW_TO_MAKE = {
  LARDER_MASTER_KEY: 'not set; "openssl rand -base64 32" or "larder master-key new" prints one',
  LARDER_API_KEY: 'not set; "larder keys new" prints one',
} as const
