import { type ClientCredentials, type Connection, type Grant, isLive } from '../core/connection.ts'
import type { Ports } from '../ports.ts'

/**
 * Some providers issue a refresh token at the first consent only, and an app may hand in an access
 * token alone: what comes without one must not wipe the one in hand, as long as client and account
 * are the same.
 */
export function withKeptRefreshToken(
  { endpoint }: Pick<Ports, 'endpoint'>,
  fresh: Grant,
  of: { readonly slot: Connection | null; readonly client: ClientCredentials | null },
): Grant {
  const { slot, client } = of
  if (fresh.kind !== 'oauth' || fresh.refreshToken !== null || slot === null) return fresh
  if (!isLive(slot) || slot.status === 'disconnected' || slot.grant.kind !== 'oauth') return fresh
  const keyOf = (one: ClientCredentials | null) => endpoint.clientKey(slot.provider, one)
  if (slot.grant.refreshToken === null || keyOf(slot.client) !== keyOf(client)) return fresh
  const { refreshToken, refreshTokenExpiresAt, endNoticeAt } = slot.grant
  return { ...fresh, refreshToken, refreshTokenExpiresAt, endNoticeAt }
}
