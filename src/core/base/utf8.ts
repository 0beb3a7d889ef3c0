const exact = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

const BYTE_ORDER_MARK = '\uFEFF'
const REPLACEMENT = '\uFFFD'

/**
 * `text` has no byte order mark. `badByte`: the position of the first invalid byte, counted from 1.
 */
export type Decoded = { readonly text: string } | { readonly badByte: number }

/** Decodes UTF-8 and rejects invalid bytes: replacing them could make two different texts equal. */
export function decodeUtf8(bytes: Uint8Array): Decoded {
  try {
    const text = exact.decode(bytes)
    return { text: text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text }
  } catch {
    return { badByte: firstBadByte(bytes) }
  }
}

/** Skips replacement characters that are in the input itself: those are three valid bytes. */
function firstBadByte(bytes: Uint8Array): number {
  const text = lenient.decode(bytes)
  for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, at + 1)) {
    const offset = encoder.encode(text.slice(0, at)).length
    const [first, second, third] = bytes.subarray(offset, offset + 3)
    if (first !== 0xef || second !== 0xbf || third !== 0xbd) return offset + 1
  }
  return bytes.length
}
