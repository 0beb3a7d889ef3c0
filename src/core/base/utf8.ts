const exact = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

const BYTE_ORDER_MARK = '\uFEFF'
const REPLACEMENT = '\uFFFD'

/** The text without a byte order mark, or where its first byte that is not UTF-8 stands, from 1. */
export type Decoded = { readonly text: string } | { readonly badByte: number }

/** Decodes UTF-8 without replacing anything: two texts that differ would become one. */
export function decodeUtf8(bytes: Uint8Array): Decoded {
  try {
    const text = exact.decode(bytes)
    return { text: text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text }
  } catch {
    return { badByte: firstBadByte(bytes) }
  }
}

/** A replacement character may stand in the text as itself: then its three bytes are there. */
function firstBadByte(bytes: Uint8Array): number {
  const text = lenient.decode(bytes)
  for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, at + 1)) {
    const offset = encoder.encode(text.slice(0, at)).length
    const [first, second, third] = bytes.subarray(offset, offset + 3)
    if (first !== 0xef || second !== 0xbf || third !== 0xbd) return offset + 1
  }
  return bytes.length
}
