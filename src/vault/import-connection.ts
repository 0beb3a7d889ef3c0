import type { Caller } from '../core/access.ts'
import type { Connection } from '../core/connection.ts'
import type { Instant, ProviderId, UserId } from '../core/ids.ts'
import type { Secret } from '../core/secret.ts'
import type { Ports } from '../ports.ts'

export type ImportDemand = {
  readonly userId: UserId
  readonly provider: ProviderId
  /** At least one of the two tokens. */
  readonly accessToken: Secret | null
  readonly refreshToken: Secret | null
  readonly scope: readonly string[] | null
  /** Worked out from `expiresAt` or `expiresInSeconds` at the door. */
  readonly expiresAt: Instant | null
  readonly email: string | null
  readonly accountId: string | null
  readonly client: { readonly id: string; readonly secret: Secret | null } | null
  readonly params: Readonly<Record<string, string>>
  readonly label: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
}

export async function importConnection(
  _ports: Ports,
  _caller: Caller,
  _demand: ImportDemand,
): Promise<{ readonly connection: Connection; readonly created: boolean }> {
  throw new Error('not written yet')
}
