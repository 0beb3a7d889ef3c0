/**
 * Joins fields. Each field follows its length (32 bits, big-endian), so two different lists never
 * give the same bytes. Text is encoded as UTF-8.
 */
export function lengthPrefixed(...fields: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = fields.map((field) => (typeof field === 'string' ? Buffer.from(field) : field))
  const joined = Buffer.alloc(parts.reduce((size, part) => size + 4 + part.length, 0))
  let offset = 0
  for (const part of parts) {
    offset = joined.writeUInt32BE(part.length, offset)
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}
