import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'

type Decoder = (bytes: Uint8Array, limit: number) => Uint8Array

/** Lets zlib decode a truncated body. */
const ZLIB_FLUSH = { finishFlush: constants.Z_SYNC_FLUSH }
/**
 * Maximum window of 8 MiB. A decoder need not support a larger window (RFC 9659), and a frame must
 * not force a large allocation.
 */
const ZSTD_WINDOW = { [constants.ZSTD_d_windowLogMax]: 23 }

const gunzip: Decoder = (bytes, maxOutputLength) =>
  gunzipSync(bytes, { maxOutputLength, ...ZLIB_FLUSH })

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: (bytes, maxOutputLength) => {
    // Some servers omit the zlib wrapper (RFC 9110 §8.4.1.2).
    const isWrapped = ((bytes[0] ?? 0) & 0x0f) === 8
    return (isWrapped ? inflateSync : inflateRawSync)(bytes, { maxOutputLength, ...ZLIB_FLUSH })
  },
  br: (bytes, maxOutputLength) =>
    brotliDecompressSync(bytes, {
      maxOutputLength,
      finishFlush: constants.BROTLI_OPERATION_FLUSH,
    }),
  zstd: (bytes, maxOutputLength) =>
    zstdDecompressSync(bytes, {
      maxOutputLength,
      finishFlush: constants.ZSTD_e_flush,
      params: ZSTD_WINDOW,
    }),
}

/** No known server applies more encodings to a body. */
const MOST_LAYERS = 4

/**
 * Decodes a body. `codings` are in the order in which they were applied. Larder's requests ask for
 * no coding, but a rotated token must not be lost if a server or proxy compresses anyway. Skips an
 * unknown coding, and a coding that was announced but not applied. Returns null if the result
 * exceeds `limit` bytes.
 */
export function decodeBody(
  body: Uint8Array,
  codings: readonly string[],
  limit: number,
): Uint8Array | null {
  const layers = codings.filter((coding) => Object.hasOwn(DECODERS, coding))
  if (layers.length > MOST_LAYERS) return body
  let decoded = body
  try {
    for (const coding of layers.toReversed())
      decoded = DECODERS[coding]?.(decoded, limit) ?? decoded
  } catch (error) {
    return (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE' ? null : body
  }
  return decoded
}
