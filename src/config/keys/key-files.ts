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
 * Where a first run leaves its keys: beside the data directory, never inside, since what is backed up
 * with the vault opens the vault.
 */
export function keyFiles(dataDir: string): { readonly masterKey: string; readonly apiKey: string } {
  const directory = dirname(dataDir)
  return {
    masterKey: join(directory, 'larder-master.key'),
    apiKey: join(directory, 'larder-api.key'),
  }
}

/** The key that an earlier first run left; null where there is none or, with a problem noted, a bad one. */
export function readLeftKey(path: string, rule: Rule, findings: Findings): Secret | null {
  if (!existsSync(path)) return null
  const name = basename(path)
  const text = readSecretFile(path, name, findings)
  const problem = text === null ? null : rule(text)
  if (problem !== null) findings.problem(name, problem)
  return text === null || problem !== null ? null : new Secret(text)
}

/** 32 random bytes, as the rules of both keys want them. */
export function newKey(encoding: 'base64' | 'base64url'): string {
  return randomBytes(32).toString(encoding)
}

/**
 * Writes a key that is not there yet, readable by its owner alone. A crash leaves the whole key or
 * none: half a master key would be taken for one and seal a vault. False where another was quicker.
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
