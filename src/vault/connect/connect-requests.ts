import type { ProviderId, UserId, ConnectionId } from '../../core/base/ids.ts'
import type { ConfirmBy } from '../../core/connect/flow.ts'
import type { Secret } from '../../core/base/secret.ts'

export type HeadlessRequest = {
  readonly userId: UserId
  readonly provider: ProviderId
  readonly callbackUrl: string
  readonly email: string | null
  readonly state: string | null
  readonly scope: readonly string[] | null
  readonly params: Readonly<Record<string, string>>
}

export type LinkRequest = {
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
