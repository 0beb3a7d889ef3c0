import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import type { Findings } from '../findings.ts'
import type { Secret } from '../../core/base/secret.ts'

const LARGEST_BYTES = 1024 * 1024

/** Line ends that editors, `echo` and YAML blocks append to a value. */
export const LINE_ENDS = /[\r\n]+$/

/**
 * Returns the secret in a file without final line ends. Returns null and records a problem under
 * `name` if the file has no secret. Never shows the path, because it may be a secret in the wrong
 * setting.
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
      // Clear the buffer, because freed memory is not cleared. The string cannot be cleared.
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
 * Whether the file has more permissions than this process needs. The group may read the file in two
 * cases: another user owns the file (Kubernetes' `fsGroup`), or the owner cannot write it (0440).
 */
function isOpen(mode: number, uid: number): boolean {
  const byGroupAlone = uid !== process.getuid?.() || (mode & 0o200) === 0
  return (mode & (byGroupAlone ? 0o027 : 0o077)) !== 0
}

/**
 * Decodes UTF-8, with or without a byte order mark. Returns null and records a problem for any
 * other encoding.
 */
function decoded(bytes: Buffer, name: string, findings: Findings): string | null {
  const isWide = bytes.includes(0)
  try {
    if (!isWide) return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // The problem below does not quote the bytes.
  }
  const found = isWide ? 'holds NUL bytes, as UTF-16 does' : 'is not UTF-8'
  findings.problem(name, `the file ${found}: save it as UTF-8`)
  return null
}

export function fileErrorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

/** The current secrets of one provider or webhook. */
export type SecretsRead = {
  readonly id: string
  readonly secrets: readonly Secret[]
  /** If not empty, the secrets must not be used. */
  readonly problems: readonly string[]
}
