import type { IncomingMessage } from 'node:http'
import { VaultError } from '../../core/base/errors.ts'

/** The fields of a sent form. Throws `VaultError` before more than `longest` bytes were read. */
export async function readForm(
  request: IncomingMessage,
  longest: number,
): Promise<URLSearchParams> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded' || isEncoded(request)) {
    throw new VaultError('unsupported_media_type', 'a form is expected')
  }
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > longest) throw tooLarge(longest)
  return new URLSearchParams(await readText(request, longest))
}

function isEncoded(request: IncomingMessage): boolean {
  return (request.headers['content-encoding'] ?? 'identity') !== 'identity'
}

async function readText(request: IncomingMessage, longest: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength
      if (length > longest) throw tooLarge(longest)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof VaultError) throw error
    // The browser hung up: nobody's fault, and nobody is left to read the answer.
    throw new VaultError('invalid_request', 'the form was cut off', { cause: error })
  }
  return Buffer.concat(chunks).toString('utf8')
}

function tooLarge(longest: number): VaultError {
  return new VaultError('payload_too_large', `a form may have ${longest} bytes`)
}
