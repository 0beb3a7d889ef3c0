import { parseJson } from '../../core/base/json.ts'
import { isRecord } from '../../core/base/json-path.ts'

export type ReadBody = {
  readonly text: string
  /** Undefined if the body is neither JSON nor a form, or if a member has two different values. */
  readonly value: unknown
  /**
   * Like `value`, but if a member has two different values, contains the last one, as other clients
   * do.
   */
  readonly latest: unknown
}

const DEEPEST = 32

/**
 * Parses a body as JSON, or as a form if the content type or the preset says so. Discards parser
 * errors, because they quote the body.
 */
export function readBody(
  bytes: Uint8Array,
  contentType: string,
  format: 'json' | 'form' | null,
  { complete }: { readonly complete: boolean } = { complete: true },
): ReadBody {
  const text = decode(bytes)
  const isForm =
    format === 'form' || (format === null && /x-www-form-urlencoded/i.test(contentType))
  // The last field of a truncated form may be incomplete, so drop this field.
  const whole = complete || !isForm ? text : text.slice(0, Math.max(0, text.lastIndexOf('&')))
  return { text, ...(isForm ? readForm(whole) : readJson(whole)) }
}

/**
 * Decodes UTF-8 and falls back to windows-1252, so that a Latin-1 byte in a name does not make the
 * tokens unreadable. In windows-1252 each byte is a character, so different names stay different.
 */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes).replace(/^\u00ef\u00bb\u00bf/, '')
  }
}

type Read = Omit<ReadBody, 'text'>

const UNREADABLE: Read = { value: undefined, latest: undefined }

function readForm(text: string): Read {
  const entries = [...new URLSearchParams(text.trim())]
  const latest = Object.fromEntries(entries)
  const contradicts = entries.some(([name, value]) => latest[name] !== value)
  return { value: contradicts ? undefined : latest, latest }
}

function readJson(text: string): Read {
  let latest: unknown
  try {
    latest = parseJson(text)
  } catch {
    return UNREADABLE
  }
  const members = countMembers(latest)
  if (members === null) return UNREADABLE
  // If a member occurs twice, the parser silently keeps the last value.
  const contradicts = members !== countColons(text) && contradictsItself(text)
  return { value: contradicts ? undefined : latest, latest }
}

const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/** Whether a member of an object in this valid JSON has two different values. */
function contradictsItself(text: string): boolean {
  const tokens = (text.match(JSON_TOKEN) ?? []).filter((token) => token !== ':' && token !== ',')
  let next = 0
  let contradicts = false
  /** Reads a value as normalised text: equal values give equal texts. */
  const readValue = (): string => {
    const token = tokens[next++] ?? ''
    if (token === '{') return readMembers()
    if (token !== '[') return token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token
    const elements: string[] = []
    while (tokens[next] !== ']') elements.push(readValue())
    next++
    return `[${elements.join()}]`
  }
  const readMembers = (): string => {
    const members = new Map<string, string>()
    while (tokens[next] !== '}') {
      const name = readValue()
      const value = readValue()
      contradicts ||= (members.get(name) ?? value) !== value
      members.set(name, value)
    }
    next++
    return `{${[...members]
      .map((member) => member.join(':'))
      .toSorted()
      .join()}}`
  }
  readValue()
  return contradicts
}

/** Counts the members of all objects in a value. Null if the value is nested too deep. */
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

/** Counts members: in valid JSON, each member has one colon outside of strings. */
function countColons(text: string): number {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '').split(':').length - 1
}
