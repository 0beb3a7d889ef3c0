import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import type { Findings } from '../findings.ts'
import type { Secret } from '../../core/base/secret.ts'

const LARGEST_BYTES = 1024 * 1024

/** What editors, `echo` and a YAML block add to the end of a value. */
export const LINE_ENDS = /[\r\n]+$/

/**
 * The text of a file that holds a secret, without the newline that editors and `echo` add. Null, with a
 * problem noted under `name`, where there is none. The path is not told: it may be the secret itself,
 * put into the wrong setting.
 */
export function readSecretFile(path: string, name: string, findings: Findings): string | null {
  const file = readSecretText(path, name, findings)
  if (file === null) return null
  if (file.isOpenToOthers) noteOpenToOthers(name, findings)
  const secret = file.text.replace(LINE_ENDS, '')
  if (secret === '') findings.problem(name, 'the file is empty')
  return secret === '' ? null : secret
}

export function noteOpenToOthers(name: string, findings: Findings): void {
  findings.warning(name, 'the file can be read by group or others: chmod 600')
}

export function readSecretText(
  path: string,
  name: string,
  findings: Findings,
): { readonly text: string; readonly isOpenToOthers: boolean } | null {
  try {
    const file = openSync(path, 'r')
    try {
      const { mode, size, uid } = fstatSync(file)
      if (size > LARGEST_BYTES) findings.problem(name, 'the file is larger than 1 MiB')
      if (size > LARGEST_BYTES) return null
      const bytes = readFileSync(file)
      const text = decoded(bytes, name, findings)
      // Memory that is freed is not cleared, and strings are collected sooner or later.
      bytes.fill(0)
      return text === null ? null : { text, isOpenToOthers: isOpen(mode, uid) }
    } finally {
      closeSync(file)
    }
  } catch (error) {
    findings.problem(name, `the file cannot be read (${fileErrorCode(error)})`)
    return null
  }
}

/**
 * Whether more may be done with the file than this process needs. A mounted secret that belongs to
 * another user and is read by group (Kubernetes' `fsGroup`), or that nobody may write (0440), is as
 * it should be.
 */
function isOpen(mode: number, uid: number): boolean {
  const byGroupAlone = uid !== process.getuid?.() || (mode & 0o200) === 0
  return (mode & (byGroupAlone ? 0o027 : 0o077)) !== 0
}

/** UTF-8, with or without a byte order mark; null, with a problem noted, for any other encoding. */
function decoded(bytes: Buffer, name: string, findings: Findings): string | null {
  const isWide = bytes.includes(0)
  try {
    if (!isWide) return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Told below, without the bytes.
  }
  const found = isWide ? 'holds NUL bytes, as UTF-16 does' : 'is not UTF-8'
  findings.problem(name, `the file ${found}: save it as UTF-8`)
  return null
}

export function fileErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

/** The secrets of one provider or webhook as the settings give them now. */
export type SecretsRead = {
  readonly id: string
  readonly secrets: readonly Secret[]
  /** With one, the secrets are not to be used. */
  readonly problems: readonly string[]
}
