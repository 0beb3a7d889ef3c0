import { createHmac } from 'node:crypto'
import type { Secret } from '../core/base/secret.ts'

/** The prefix of a Standard Webhooks secret. The key follows in base64. */
const SECRET_PREFIX = 'whsec_'

export type Message = {
  /** The same for all retries of an event, so that receivers can drop duplicates. */
  readonly id: string
  readonly sentAtSeconds: number
  readonly body: string
}

/**
 * Returns the headers of Standard Webhooks 1.0: HMAC-SHA256 of `id.timestamp.body` in base64. The
 * signature header contains one signature per secret, and a receiver needs to know only one of the
 * secrets.
 */
export function signatureHeaders(message: Message, secrets: readonly Secret[]) {
  const timestamp = String(message.sentAtSeconds)
  const signed = `${message.id}.${timestamp}.${message.body}`
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', keyOf(secret)).update(signed).digest('base64')}`,
  )
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}

function keyOf(secret: Secret): Buffer {
  return Buffer.from(secret.expose().slice(SECRET_PREFIX.length), 'base64')
}
