/**
 * A number whose digits change when JavaScript parses and writes the number. `JSON.stringify`
 * writes the original digits (ECMAScript `JSON.rawJSON`).
 */
export type ExactNumber = { readonly rawJSON: string }

// Node has both functions, but TypeScript's types lack them.
const { rawJSON, isRawJSON } = JSON as unknown as {
  readonly rawJSON: (text: string) => ExactNumber
  readonly isRawJSON: (value: unknown) => boolean
}

/**
 * Parses JSON without changing a number: ids beyond 2^53 stay distinct, and `1.0`, `-0` and `1e400`
 * are written as they were read. Throws `SyntaxError`, whose message quotes the text.
 */
export function parseJson(text: string): unknown {
  return JSON.parse(text, MAYBE_INEXACT.test(text) ? exactNumber : undefined) as unknown
}

/**
 * Matches every text with a number that JavaScript may change: a negative zero, a fraction, an
 * exponent, or 16 digits. Parsing with a reviver takes several times as long, so most texts skip it.
 */
const MAYBE_INEXACT = /(?:^|[\s,:[])(?:-0|-?\d+[.Ee]|-?\d{16})/

function exactNumber(_name: string, value: unknown, context?: { readonly source?: string }) {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined) return value
  return JSON.stringify(value) === source ? value : rawJSON(source)
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return isRawJSON(value)
}

/** Returns the nearest JavaScript number for an exact number, and any other value unchanged. */
export function plainNumber(value: unknown): unknown {
  return isExactNumber(value) ? Number(value.rawJSON) : value
}
