/**
 * A number that JavaScript would write with other digits than those it was read from (ECMAScript
 * `JSON.rawJSON`). `JSON.stringify` writes the digits again.
 */
export type ExactNumber = { readonly rawJSON: string }

// Node has both; the library of TypeScript does not know them yet.
const { rawJSON, isRawJSON } = JSON as unknown as {
  readonly rawJSON: (text: string) => ExactNumber
  readonly isRawJSON: (value: unknown) => boolean
}

/**
 * Parses JSON without changing a number: ids beyond 2^53 stay apart, and `1.0`, `-0` and `1e400` are
 * written again as they were read. Throws `SyntaxError`, whose message quotes the text.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, exactNumber) as unknown
}

function exactNumber(_name: string, value: unknown, context?: { readonly source?: string }) {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined) return value
  return JSON.stringify(value) === source ? value : rawJSON(source)
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return isRawJSON(value)
}

/** An exact number as the nearest number of JavaScript; any other value as it is. */
export function plainNumber(value: unknown): unknown {
  return isExactNumber(value) ? Number(value.rawJSON) : value
}
