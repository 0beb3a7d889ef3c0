import type { IncomingMessage } from 'node:http'
import { VaultError } from '../core/base/errors.ts'
import { parseJson } from '../core/base/json.ts'
import { decodeUtf8 } from '../core/base/utf8.ts'

/** Bytes, where an endpoint does not say otherwise. */
export const BODY_LIMIT = 64 * 1024

/** The JSON body, or undefined where there is none. What is too long is thrown away as it arrives. */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<unknown> {
  if (!hasBody(request)) return undefined
  if (Number(request.headers['content-length']) > limit) throw tooLarge(limit)
  const bytes = await collect(request, limit)
  // Some clients announce a body in chunks and then send none.
  if (bytes.length === 0) return undefined
  requireJson(request)
  return parse(bytes)
}

export function hasBody(request: IncomingMessage): boolean {
  const { headers } = request
  if (headers['transfer-encoding'] !== undefined) return true
  return headers['content-length'] !== undefined && headers['content-length'] !== '0'
}

function requireJson({ headers }: IncomingMessage): void {
  const type = headers['content-type'] ?? ''
  const [media = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase())
  const encoding = headers['content-encoding'] ?? 'identity'
  if (media !== 'application/json') throw unsupported('Content-Type must be application/json')
  if (parameters.some(isOtherCharset))
    throw unsupported('the charset of Content-Type must be UTF-8')
  if (encoding !== 'identity') throw unsupported('the body must have no Content-Encoding')
}

/** JSON has no parameters (RFC 8259 §11). Common clients still name UTF-8, in several spellings. */
function isOtherCharset(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split(/\s*=\s*/, 2)
  return name === 'charset' && !/^(["']?)utf[-_]?8\1$/.test(value)
}

function unsupported(detail: string): VaultError {
  return new VaultError('unsupported_media_type', detail)
}

/** Listeners rather than `for await`: leaving that loop early would cut the caller off unanswered. */
function collect(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const settle = (act: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      act()
    }
    const onData = (chunk: Buffer): void => {
      length += chunk.length
      chunks.push(chunk)
      // The stream keeps flowing with nobody listening; the server's request timeout ends it.
      if (length > limit) settle(() => reject(tooLarge(limit)))
    }
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks)))
    const onClose = (): void => settle(() => reject(malformed()))
    request.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

function parse(bytes: Buffer): unknown {
  const decoded = decodeUtf8(bytes)
  if ('badByte' in decoded) {
    throw malformed('the body is not UTF-8', `must be UTF-8: byte ${decoded.badByte} is not`)
  }
  try {
    return parseJson(decoded.text)
  } catch {
    // The parser's own words quote the body.
    throw malformed()
  }
}

function malformed(
  message = 'the body is not well-formed JSON',
  detail = 'must be well-formed JSON in UTF-8',
): VaultError {
  const errors = [{ in: 'body', name: WHOLE_BODY, detail }] as const
  return new VaultError('invalid_request', message, { errors })
}

function tooLarge(limit: number): VaultError {
  return new VaultError('payload_too_large', `a body may have at most ${limit} bytes`)
}

/** The name of an error that concerns the body as such, and no field of it. */
export const WHOLE_BODY = 'body'
