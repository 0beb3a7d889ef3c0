import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Secret } from '../../core/base/secret.ts'
import type { Rule } from '../environment.ts'
import type { Findings } from '../findings.ts'
import { fileErrorCode, readSecretFile } from './secret-file.ts'

/**
 * The key files of a first run. The files are beside the data directory and not inside, because
 * anyone with a backup of vault and keys can open the vault.
 */
export function keyFiles(dataDir: string): { readonly masterKey: string; readonly apiKey: string } {
  const directory = dirname(dataDir)
  return {
    masterKey: join(directory, 'larder-master.key'),
    apiKey: join(directory, 'larder-api.key'),
  }
}

/**
 * Returns the key of an earlier first run, or null if there is none. Returns null and records a
 * problem if the key is malformed.
 */
export function readLeftKey(path: string, rule: Rule, findings: Findings): Secret | null {
  if (!existsSync(path)) return null
  const name = basename(path)
  const text = readSecretFile(path, name, findings)
  const problem = text === null ? null : rule(text)
  if (problem !== null) findings.problem(name, problem)
  return text === null || problem !== null ? null : new Secret(text)
}

/** Returns 32 random bytes, which the rules of both keys accept. */
export function newKey(encoding: 'base64' | 'base64url'): string {
  return randomBytes(32).toString(encoding)
}

/**
 * Writes a new key that only its owner can read. Returns false if the file already exists. A crash
 * leaves the whole key or no key: half a master key would look valid and seal a vault.
 */
export function writeNewKey(path: string, key: string): boolean {
  const directory = dirname(path)
  const draft = join(directory, `.larder-${randomBytes(6).toString('hex')}.tmp`)
  mkdirSync(directory, { recursive: true })
  try {
    withFile(draft, 'wx', (file) => writeSync(file, `${key}\n`))
    linkSync(draft, path)
    withFile(directory, 'r', () => {})
    return true
  } catch (error) {
    if (fileErrorCode(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function withFile(path: string, flags: 'wx' | 'r', work: (file: number) => void): void {
  const file = openSync(path, flags, 0o600)
  try {
    work(file)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
