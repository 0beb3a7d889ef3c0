const exact = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

const BYTE_ORDER_MARK = '\uFEFF'
const REPLACEMENT = '\uFFFD'

/** The text without its byte order mark, or the position, from 1, of the first byte that is not UTF-8. */
export type Decoded = { readonly text: string } | { readonly badByte: number }

/** Decodes UTF-8 without replacing bad bytes, because that could make two texts equal. */
export function decodeUtf8(bytes: Uint8Array): Decoded {
  try {
    const text = exact.decode(bytes)
    return { text: text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text }
  } catch {
    return { badByte: firstBadByte(bytes) }
  }
}

/** A replacement character in the text itself is valid: it has three bytes of its own. */
function firstBadByte(bytes: Uint8Array): number {
  const text = lenient.decode(bytes)
  for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, at + 1)) {
    const offset = encoder.encode(text.slice(0, at)).length
    const [first, second, third] = bytes.subarray(offset, offset + 3)
    if (first !== 0xef || second !== 0xbf || third !== 0xbd) return offset + 1
  }
  return bytes.length
}
