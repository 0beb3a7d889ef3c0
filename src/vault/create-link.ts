import type { Caller } from '../core/access.ts'
import type { ConfirmBy, ConnectLink } from '../core/authorization.ts'
import type { ConnectionId, ProviderId, UserId } from '../core/ids.ts'
import type { Secret } from '../core/secret.ts'
import type { Ports } from '../ports.ts'

export type LinkDemand = {
  readonly userId: UserId
  /** At least one. */
  readonly providers: readonly ProviderId[]
  readonly redirectUrl: string | null
  readonly scope: readonly string[] | null
  readonly email: string | null
  readonly expectedAccount: string | null
  readonly state: string | null
  readonly label: string | null
  readonly displayName: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
  readonly connectionId: ConnectionId | null
  readonly client: { readonly id: string; readonly secret: Secret | null } | null
  readonly params: Readonly<Record<string, string>>
  readonly ttlSeconds: number
  /** Null: as the configuration says. */
  readonly confirm: ConfirmBy | null
}

/** The URL is given out once: only a hash of its secret is kept. */
export async function createLink(
  _ports: Ports,
  _caller: Caller,
  _demand: LinkDemand,
): Promise<{ readonly link: ConnectLink; readonly url: string }> {
  throw new Error('not written yet')
}
