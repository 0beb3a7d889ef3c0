import {
  type Attempt,
  type Connection,
  type Grant,
  type GrantOwner,
  isLive,
  type OAuthGrant,
} from './connection.ts'

/**
 * A new grant without a refresh token keeps the stored one. Some providers issue a refresh token
 * only at the first consent, and an app may import only an access token. The client must be the
 * same, and the provider must have named the same account (`isSameAccount`).
 */
export function withKeptRefreshToken(
  fresh: Grant,
  replaced: Connection | null,
  isSameAccount: boolean,
): Grant {
  const kept = isSameAccount ? keptGrant(fresh, replaced) : null
  if (kept === null || fresh.kind !== 'oauth') return fresh
  const { refreshToken, refreshTokenExpiresAt, endNoticeAt } = kept
  const owner = ownerOfBoth(fresh.owner, kept.owner)
  return { ...fresh, refreshToken, refreshTokenExpiresAt, endNoticeAt, owner }
}

/**
 * The stored grant whose refresh token the new grant keeps. Null if the new grant has a refresh
 * token, or if there is none to keep.
 */
export function keptGrant(fresh: Grant, replaced: Connection | null): OAuthGrant | null {
  if (fresh.kind !== 'oauth' || fresh.refreshToken !== null || replaced === null) return null
  if (!isLive(replaced) || replaced.status === 'disconnected') return null
  const { grant } = replaced
  if (grant.kind !== 'oauth' || grant.refreshToken === null) return null
  return grant.issuedTo === fresh.issuedTo ? grant : null
}

/**
 * Proven only if both grants have the same proven owner. Otherwise the next refresh asks the
 * provider for the owner.
 */
function ownerOfBoth(fresh: GrantOwner, kept: GrantOwner): GrantOwner {
  if (fresh.is !== 'proven') return fresh
  if (kept.is === 'proven' && kept.accountId === fresh.accountId) return fresh
  return { is: 'unproven', told: { id: fresh.accountId, email: null, name: null } }
}

/**
 * A refresh with the kept refresh token may be running, so the attempt of that refresh is kept too.
 */
export function attemptOn(
  grant: Grant,
  { fresh, replaced }: { readonly fresh: Grant; readonly replaced: Connection | null },
): Attempt | null {
  return grant !== fresh && replaced !== null && isLive(replaced) ? replaced.attempt : null
}
