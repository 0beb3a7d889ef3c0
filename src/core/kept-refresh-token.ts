import { type Attempt, type Connection, type Grant, isLive } from './connection.ts'

/**
 * Some providers issue a refresh token at the first consent only, and an app may hand in an access
 * token alone: what comes without one must not wipe the one in hand, as long as client and account
 * are the same.
 */
export function withKeptRefreshToken(fresh: Grant, slot: Connection | null): Grant {
  if (fresh.kind !== 'oauth' || fresh.refreshToken !== null || slot === null) return fresh
  if (!isLive(slot) || slot.status === 'disconnected' || slot.grant.kind !== 'oauth') return fresh
  const { refreshToken, issuedTo, refreshTokenExpiresAt, endNoticeAt } = slot.grant
  if (refreshToken === null || issuedTo !== fresh.issuedTo) return fresh
  return { ...fresh, refreshToken, refreshTokenExpiresAt, endNoticeAt }
}

/** A refresh token that is kept may be on its way to the provider: its attempt is kept with it. */
export function attemptOn(
  grant: Grant,
  of: { readonly fresh: Grant; readonly slot: Connection | null },
): Attempt | null {
  const isKept = grant !== of.fresh && of.slot !== null && isLive(of.slot)
  return isKept ? of.slot.attempt : null
}
