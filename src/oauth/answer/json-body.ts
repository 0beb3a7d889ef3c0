import { parseJson } from '../../core/base/json.ts'
import { isRecord } from '../../core/base/json-path.ts'

export type ReadBody = {
  readonly text: string
  /** Undefined: neither JSON nor a form, or a member has two different values. */
  readonly value: unknown
  /** The same, but of two different values the last, which other clients see. */
  readonly latest: unknown
}

const DEEPEST = 32

/**
 * Reads a body as JSON, or as a form if the content type or the preset says so. Errors and messages
 * of the parser quote the body, so none gets out.
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
  // The last member of an incomplete form may be incomplete.
  const whole = complete || !isForm ? text : text.slice(0, Math.max(0, text.lastIndexOf('&')))
  return { text, ...(isForm ? readForm(whole) : readJson(whole)) }
}

/**
 * Decodes UTF-8 or else windows-1252, because a Latin-1 byte in a name must not cost the tokens
 * beside it. In windows-1252 each byte is a character, so different names stay different.
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
  // The parser keeps the last of several values for one member, without an error.
  const contradicts = members !== countColons(text) && contradictsItself(text)
  return { value: contradicts ? undefined : latest, latest }
}

const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g

/** Whether an object in valid JSON gives one member two different values. */
function contradictsItself(text: string): boolean {
  const tokens = (text.match(JSON_TOKEN) ?? []).filter((token) => token !== ':' && token !== ',')
  let next = 0
  let contradicts = false
  /** A value as text; equal values have equal texts. */
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

/** The number of members of all objects in a value; null if it is nested too deep. */
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

/** In valid JSON a colon outside of strings separates the name and the value of a member. */
function countColons(text: string): number {
  return text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '').split(':').length - 1
}
