/** Field values by lower-case name, in the order of arrival. */
export type AnswerFields = ReadonlyMap<string, readonly string[]>

/** How a body ends (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** The body ends when the connection closes. */
  | { readonly kind: 'close' }
  /** `Content-Length` is not a number, or its values differ: the end of the body is unknown. */
  | { readonly kind: 'invalid' }

export function framingOf(status: number, fields: AnswerFields): Framing {
  if (status === 204 || status === 304) return { kind: 'none' }
  const codings = transferCodings(fields)
  if (codings.at(-1) === 'chunked') return { kind: 'chunked' }
  if (codings.length > 0) return { kind: 'close' }
  const lengths = new Set(listOf(fields, 'content-length').map(decimal))
  const [length] = lengths
  // A 205 answer has no content, so it needs no length.
  if (length === undefined) return { kind: status === 205 ? 'none' : 'close' }
  // Several equal values are accepted as one length.
  if (lengths.size > 1 || !Number.isSafeInteger(length)) return { kind: 'invalid' }
  return { kind: 'length', length }
}

/** The transfer codings in the order in which they were applied, without `identity`. */
export function transferCodings(fields: AnswerFields): readonly string[] {
  return listOf(fields, 'transfer-encoding').filter((coding) => coding !== 'identity')
}

/** The members of a comma-separated field, in lower case. */
export function listOf(fields: AnswerFields, name: string): readonly string[] {
  const members = (fields.get(name) ?? []).flatMap((value) => value.split(','))
  return members.map((member) => member.trim().toLowerCase()).filter((member) => member !== '')
}

function decimal(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN
}
