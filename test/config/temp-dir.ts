import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'

const made: string[] = []

/** Makes a directory that is removed when the test ends. */
export function tempDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'larder-config-'))
  made.push(directory)
  return directory
}

/**
 * Writes a file that only its owner can read, unless `mode` says otherwise, and returns its path.
 */
export function put(directory: string, name: string, text: string, mode = 0o600): string {
  const path = join(directory, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode })
  return path
}

afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})
