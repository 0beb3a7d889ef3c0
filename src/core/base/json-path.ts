import { isExactNumber } from './json.ts'

/**
 * The path of a value in an answer: keys separated by dots, `[0]` for one element, `[]` for every
 * element, `[primary]` for the elements whose `primary` is true. Anything more complex needs code.
 */
export type JsonPath = string

/**
 * Describes a text in an answer. A path names one text. In a list, the first text that exists is
 * used. `joined` connects several texts.
 */
export type TextSource =
  | JsonPath
  | readonly TextSource[]
  | { readonly joined: readonly TextSource[]; readonly with: string }

const STEP = /([^.[\]]+)|\[([\w-]*)\]/g

/** Every value at `path`, in order. Inherited properties are ignored. */
export function valuesAt(document: unknown, path: JsonPath): readonly unknown[] {
  let values: readonly unknown[] = [document]
  for (const [, key, selector] of path.matchAll(STEP)) {
    values = values.flatMap((value) =>
      key === undefined ? selected(value, selector ?? '') : property(value, key),
    )
  }
  return values
}

/** The first value at `path` that is not null. Undefined if there is none. */
export function valueAt(document: unknown, path: JsonPath): unknown {
  return valuesAt(document, path).find((value) => value != null)
}

/**
 * Returns null if there is no text. A number is read as text, with the digits of the answer. An
 * empty text is treated as missing. If a part of a join is missing, there is no text.
 */
export function textAt(document: unknown, source: TextSource): string | null {
  if (typeof source === 'string') return asText(valueAt(document, source))
  if ('joined' in source) {
    const parts = source.joined.map((part) => textAt(document, part))
    return parts.includes(null) ? null : parts.join(source.with)
  }
  for (const alternative of source) {
    const text = textAt(document, alternative)
    if (text !== null) return text
  }
  return null
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  return !Array.isArray(value) && !isExactNumber(value)
}

function property(value: unknown, key: string): readonly unknown[] {
  return isRecord(value) && Object.hasOwn(value, key) ? [value[key]] : []
}

function selected(value: unknown, selector: string): readonly unknown[] {
  if (!Array.isArray(value)) return []
  if (selector === '') return value
  if (/^\d+$/.test(selector)) return value.slice(Number(selector), Number(selector) + 1)
  return value.filter((element) => isRecord(element) && element[selector] === true)
}

function asText(value: unknown): string | null {
  if (isExactNumber(value)) return value.rawJSON
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}
