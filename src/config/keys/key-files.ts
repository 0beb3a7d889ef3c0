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
 * The files for the keys of a first run. They are beside the data directory, because a backup that
 * holds both can be opened.
 */
export function keyFiles(dataDir: string): { readonly masterKey: string; readonly apiKey: string } {
  const directory = dirname(dataDir)
  return {
    masterKey: join(directory, 'larder-master.key'),
    apiKey: join(directory, 'larder-api.key'),
  }
}

/**
 * The key of an earlier first run; null if there is none or, with a problem recorded, if it is
 * malformed.
 */
export function readLeftKey(path: string, rule: Rule, findings: Findings): Secret | null {
  if (!existsSync(path)) return null
  const name = basename(path)
  const text = readSecretFile(path, name, findings)
  const problem = text === null ? null : rule(text)
  if (problem !== null) findings.problem(name, problem)
  return text === null || problem !== null ? null : new Secret(text)
}

/** 32 random bytes, which both key rules accept. */
export function newKey(encoding: 'base64' | 'base64url'): string {
  return randomBytes(32).toString(encoding)
}

/**
 * Writes a new key, readable by its owner only. A crash leaves the whole key or none, because half
 * a master key would pass for one and seal a vault. False if the file already exists.
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
