import type { Caller } from '../core/access.ts'
import type { Connection } from '../core/connection.ts'
import type { ConnectionId, Instant } from '../core/ids.ts'
import type { Secret } from '../core/secret.ts'
import type { Ports } from '../ports.ts'

/** Absent fields stay as they are; null of `label` clears it. */
export type Changes = {
  readonly label?: string | null
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly accessToken?: Secret
  readonly refreshToken?: Secret
  readonly scope?: readonly string[]
  readonly expiresAt?: Instant
  readonly client?: { readonly id: string; readonly secret: Secret | null }
}

export async function updateConnection(
  _ports: Ports,
  _caller: Caller,
  _id: ConnectionId,
  _changes: Changes,
): Promise<Connection> {
  throw new Error('not written yet')
}
