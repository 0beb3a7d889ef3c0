import { createHmac } from 'node:crypto'
import type { Secret } from '../core/base/secret.ts'

/** How a secret of Standard Webhooks begins; base64 of the key follows. */
const SECRET_PREFIX = 'whsec_'

export type Message = {
  /** The same however often it is sent: receivers drop what they have seen. */
  readonly id: string
  readonly sentAtSeconds: number
  readonly body: string
}

/**
 * The headers of Standard Webhooks 1.0: HMAC-SHA256 of `id.timestamp.body`, base64. A signature by
 * each secret stands in one header; a receiver that knows any of them is content.
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
