import {
  type Attempt,
  type Connection,
  type Grant,
  type GrantOwner,
  isLive,
  type OAuthGrant,
} from './connection.ts'

/**
 * Puts the stored refresh token into a grant that came without one: some providers issue it at the first
 * consent only, and an app may import an access token alone. Requires the same client, and that the
 * provider names the same account for both (`isSameAccount`).
 */
export function withKeptRefreshToken(
  fresh: Grant,
  stored: Connection | null,
  isSameAccount: boolean,
): Grant {
  const kept = isSameAccount ? heldFor(fresh, stored) : null
  if (kept === null || fresh.kind !== 'oauth') return fresh
  const { refreshToken, refreshTokenExpiresAt, endNoticeAt } = kept
  const owner = ownerOfBoth(fresh.owner, kept.owner)
  return { ...fresh, refreshToken, refreshTokenExpiresAt, endNoticeAt, owner }
}

/** The stored grant whose refresh token the new grant would keep; null if there is none. */
export function heldFor(fresh: Grant, stored: Connection | null): OAuthGrant | null {
  if (fresh.kind !== 'oauth' || fresh.refreshToken !== null || stored === null) return null
  if (!isLive(stored) || stored.status === 'disconnected' || stored.grant.kind !== 'oauth')
    return null
  const isUsable = stored.grant.refreshToken !== null && stored.grant.issuedTo === fresh.issuedTo
  return isUsable ? stored.grant : null
}

/** Proven only if both are; else the next refresh asks for the owner of the kept refresh token. */
function ownerOfBoth(fresh: GrantOwner, kept: GrantOwner): GrantOwner {
  if (fresh.is !== 'proven') return fresh
  if (kept.is === 'proven' && kept.accountId === fresh.accountId) return fresh
  return { is: 'unproven', told: { id: fresh.accountId, email: null, name: null } }
}

/** A kept refresh token may be in a running refresh, so its attempt is kept with it. */
export function attemptOn(
  grant: Grant,
  of: { readonly fresh: Grant; readonly stored: Connection | null },
): Attempt | null {
  const isKept = grant !== of.fresh && of.stored !== null && isLive(of.stored)
  return isKept ? of.stored.attempt : null
}
