import { parseJson } from '../core/json.ts'
import { isRecord } from '../core/json-path.ts'

export type ReadBody = {
  /** Null: not valid UTF-8. */
  readonly text: string | null
  /** Undefined: neither JSON nor a form, or JSON that says two things. */
  readonly value: unknown
}

const DEEPEST = 32

/**
 * Reads a body as JSON, or as a form where the content type or the preset says so. Nothing thrown
 * and no message of the parser gets out of here: both would quote the body.
 */
export function readBody(
  bytes: Uint8Array,
  contentType: string,
  format: 'json' | 'form' | null,
): ReadBody {
  const text = decode(bytes)
  if (text === null) return { text, value: undefined }
  const isForm =
    format === 'form' || (format === null && /x-www-form-urlencoded/i.test(contentType))
  return { text, value: isForm ? readForm(text) : readJson(text) }
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

function readForm(text: string): Record<string, string> | undefined {
  const entries = [...new URLSearchParams(text.trim())]
  const names = new Set(entries.map(([name]) => name))
  return names.size === entries.length ? Object.fromEntries(entries) : undefined
}

function readJson(text: string): unknown {
  let value: unknown
  try {
    value = parseJson(text)
  } catch {
    return undefined
  }
  // Of two values for one key the parser keeps the last and says nothing: which one was meant?
  const members = countMembers(value)
  return members !== null && members === countColons(text) ? value : undefined
}

/** Members of all objects in a value; null if it is nested too deep. */
function countMembers(value: unknown): number | null {
  let members = 0
  let level: readonly unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return null
    for (const item of level) members += isRecord(item) ? Object.keys(item).length : 0
    level = level.flatMap(children)
  }
  return members
}

function children(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return isRecord(value) ? Object.values(value) : []
}

/** In valid JSON a colon outside of strings stands between the name and the value of a member. */
function countColons(text: string): number {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '').split(':').length - 1
}
