/** What is looked for: `mark` is in every secret of a provider, `secrets` are all of them. */
export type Canaries = { readonly mark: string; readonly secrets: readonly string[] }

export type Leak = { readonly form: string; readonly offset: number }

const PIECE = 12

/**
 * Where secrets of a provider stand in a file, a log or a memory image: as they are, in the usual
 * encodings, wherever in a longer text they begin, and in pieces of twelve characters.
 */
export function findLeaks(haystack: Buffer, { mark, secrets }: Canaries): readonly Leak[] {
  const marked = Object.entries(formsOf(mark)).flatMap(([form, needle]) =>
    offsetsOf(haystack, needle).map((offset) => ({ form, offset })),
  )
  return marked.length > 0 ? marked : findPieces(haystack, secrets)
}

/** The mark is letters and digits only: in JSON, URLs and HTML it stands as it is. */
function formsOf(mark: string): Readonly<Record<string, Buffer>> {
  return {
    plain: Buffer.from(mark),
    utf16: Buffer.from(mark, 'utf16le'),
    hex: Buffer.from(Buffer.from(mark).toString('hex')),
    'upper-case hex': Buffer.from(Buffer.from(mark).toString('hex').toUpperCase()),
    'base64 at 0': Buffer.from(insideBase64(mark, 0)),
    'base64 at 1': Buffer.from(insideBase64(mark, 1)),
    'base64 at 2': Buffer.from(insideBase64(mark, 2)),
  }
}

/** The characters that depend on the text alone, if `before` bytes precede it in its group of three. */
function insideBase64(text: string, before: 0 | 1 | 2): string {
  const length = before + text.length
  const encoded = Buffer.from('\0'.repeat(before) + text).toString('base64')
  return encoded.slice(Math.ceil((before * 8) / 6), Math.floor((length * 8) / 6))
}

function offsetsOf(haystack: Buffer, needle: Buffer): readonly number[] {
  const offsets: number[] = []
  for (let at = haystack.indexOf(needle); at >= 0; at = haystack.indexOf(needle, at + 1)) {
    offsets.push(at)
  }
  return offsets
}

/** Of the part that differs from secret to secret. */
function findPieces(haystack: Buffer, secrets: readonly string[]): readonly Leak[] {
  const pieces = new Set(secrets.flatMap((secret) => windows(secret.split('.').at(-1) ?? '')))
  if (pieces.size === 0) return []
  const text = haystack.toString('latin1')
  const leaks: Leak[] = []
  for (let offset = 0; offset + PIECE <= text.length; offset++) {
    if (pieces.has(text.slice(offset, offset + PIECE))) leaks.push({ form: 'piece', offset })
  }
  return leaks
}

function windows(text: string): readonly string[] {
  const count = Math.max(0, text.length - PIECE + 1)
  return Array.from({ length: count }, (_, at) => text.slice(at, at + PIECE))
}
