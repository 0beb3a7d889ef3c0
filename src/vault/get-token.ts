import type { Caller } from '../core/access.ts'
import type { LiveConnection } from '../core/connection.ts'
import type { Ports } from '../ports.ts'
import type { Target } from './target.ts'

export type TokenDemand = {
  readonly target: Target
  readonly minTtlSeconds: number
  /** The id of a token that the provider's API refused. */
  readonly rejected: string | null
}

export type TokenWarning = 'short_lived' | 'reconnect_required' | 'refresh_failing'

/** `connection.grant.token` is not null and satisfies the demand. */
export type ServedToken = {
  readonly connection: LiveConnection
  readonly warnings: readonly TokenWarning[]
}

/** Throws `VaultError`: not_found, several_accounts, confirmation_required, reconnect_required, provider_*, storage_unavailable. */
export async function getToken(
  _ports: Ports,
  _caller: Caller,
  _demand: TokenDemand,
): Promise<ServedToken> {
  throw new Error('not written yet')
}
