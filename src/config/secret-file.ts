import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import type { Findings } from './findings.ts'

const LARGEST_BYTES = 1024 * 1024

/**
 * The text of a file that holds a secret, without the newline that editors and `echo` add. Null, with a
 * problem noted under `name`, where there is none. The path is not told: it may be the secret itself,
 * put into the wrong setting.
 */
export function readSecretFile(path: string, name: string, findings: Findings): string | null {
  const file = readText(path, name, findings)
  if (file === null) return null
  if (file.isOpenToOthers) noteOpenToOthers(name, findings)
  const secret = file.text.replace(/[\r\n]+$/, '')
  if (secret === '') findings.problem(name, 'the file is empty')
  return secret === '' ? null : secret
}

export function noteOpenToOthers(name: string, findings: Findings): void {
  findings.warning(name, 'the file can be read by group or others: chmod 600')
}

export function readText(
  path: string,
  name: string,
  findings: Findings,
): { readonly text: string; readonly isOpenToOthers: boolean } | null {
  try {
    const file = openSync(path, 'r')
    try {
      const { mode, size } = fstatSync(file)
      if (size > LARGEST_BYTES) findings.problem(name, 'the file is larger than 1 MiB')
      if (size > LARGEST_BYTES) return null
      return { text: readFileSync(file, 'utf8'), isOpenToOthers: (mode & 0o077) !== 0 }
    } finally {
      closeSync(file)
    }
  } catch (error) {
    findings.problem(name, `the file cannot be read (${errorCode(error)})`)
    return null
  }
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
