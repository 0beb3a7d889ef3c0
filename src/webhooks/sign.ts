import { createHmac } from 'node:crypto'
import type { Secret } from '../core/base/secret.ts'

/** The prefix of a Standard Webhooks secret; the key follows in base64. */
const SECRET_PREFIX = 'whsec_'

export type Message = {
  /** The same for each retry, so that receivers can drop repeated events. */
  readonly id: string
  readonly sentAtSeconds: number
  readonly body: string
}

/**
 * Returns the headers of Standard Webhooks 1.0: HMAC-SHA256 of `id.timestamp.body` in base64. One header
 * has a signature by each secret, and a receiver needs to know one of them.
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
