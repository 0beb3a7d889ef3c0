const LENGTH_BYTES = 4

/**
 * Joins fields. Each field follows its length (32 bits, big-endian), so two different lists never
 * give the same bytes. Text is encoded as UTF-8.
 */
export function lengthPrefixed(...fields: readonly (string | Uint8Array)[]): Uint8Array {
  let size = 0
  for (const field of fields) size += LENGTH_BYTES + Buffer.byteLength(field)
  const joined = Buffer.allocUnsafe(size)
  let end = 0
  for (const field of fields) {
    const start = end + LENGTH_BYTES
    end = start + copy(field, joined, start)
    joined.writeUInt32BE(end - start, start - LENGTH_BYTES)
  }
  return joined
}

/** Returns the number of bytes written. */
function copy(field: string | Uint8Array, target: Buffer, start: number): number {
  if (typeof field === 'string') return target.write(field, start)
  target.set(field, start)
  return field.length
}
