import type { IncomingMessage } from 'node:http'
import { VaultError } from '../core/base/errors.ts'
import { parseJson } from '../core/base/json.ts'
import { decodeUtf8 } from '../core/base/utf8.ts'

/** The default limit in bytes. */
export const BODY_LIMIT = 64 * 1024

/** Returns the parsed JSON body, or undefined if the request has no body. */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<unknown> {
  if (!hasBody(request)) return undefined
  const bytes = await readBytes(request, limit)
  // Some clients announce a chunked body and then send no bytes.
  if (bytes.length === 0) return undefined
  requireJson(request)
  return parse(bytes)
}

/** Returns the fields of a submitted form. */
export async function readForm(request: IncomingMessage, limit: number): Promise<URLSearchParams> {
  const { media, isEncoded } = contentOf(request)
  if (media !== 'application/x-www-form-urlencoded' || isEncoded) {
    throw unsupported('the body must be a form')
  }
  const bytes = hasBody(request) ? await readBytes(request, limit) : ''
  return new URLSearchParams(bytes.toString())
}

export function hasBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true
  return headers['content-length'] !== undefined && headers['content-length'] !== '0'
}

/**
 * Rejects as soon as the body exceeds the limit. Uses events, because leaving a `for await` early
 * would close the connection before the caller gets the answer.
 */
function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () =>
      reject(new VaultError('payload_too_large', `a body may have at most ${limit} bytes`))
    if (Number(request.headers['content-length']) > limit) return tooLarge()
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      // The rest of a body that is too large is read and discarded. The server's request timeout
      // limits how long this takes.
      if (length > limit) tooLarge()
      else chunks.push(chunk)
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('close', () => {
      if (!request.complete) reject(malformed('the body was cut off'))
    })
  })
}

function contentOf({ headers }: IncomingMessage) {
  const type = headers['content-type'] ?? ''
  const [media = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase())
  return {
    media,
    parameters,
    isEncoded: (headers['content-encoding'] ?? 'identity') !== 'identity',
  }
}

function requireJson(request: IncomingMessage): void {
  const { media, parameters, isEncoded } = contentOf(request)
  if (media !== 'application/json') throw unsupported('Content-Type must be application/json')
  if (parameters.some(isOtherCharset))
    throw unsupported('the charset of Content-Type must be UTF-8')
  if (isEncoded) throw unsupported('the body must have no Content-Encoding')
}

/**
 * The JSON media type has no parameters (RFC 8259 §11), but common clients send `charset=utf-8` in
 * several spellings.
 */
function isOtherCharset(parameter: string): boolean {
  const [name = '', value = ''] = parameter.split(/\s*=\s*/, 2)
  return name === 'charset' && !/^(["']?)utf[-_]?8\1$/.test(value)
}

function unsupported(detail: string): VaultError {
  return new VaultError('unsupported_media_type', detail)
}

function parse(bytes: Buffer): unknown {
  const decoded = decodeUtf8(bytes)
  if ('badByte' in decoded) {
    throw malformed('the body is not UTF-8', `must be UTF-8: byte ${decoded.badByte} is not`)
  }
  try {
    return parseJson(decoded.text)
  } catch {
    // Drop the parser's error, because its message quotes the body.
    throw malformed('the body is not well-formed JSON')
  }
}

function malformed(message: string, detail = 'must be well-formed JSON in UTF-8'): VaultError {
  const errors = [{ in: 'body', name: WHOLE_BODY, detail }] as const
  return new VaultError('invalid_request', message, { errors })
}

/** The field name in errors about the whole body. */
export const WHOLE_BODY = 'body'
