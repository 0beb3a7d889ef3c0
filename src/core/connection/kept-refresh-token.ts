import {
  type Attempt,
  type Connection,
  type Grant,
  type GrantOwner,
  isLive,
  type OAuthGrant,
} from './connection.ts'

/**
 * Some providers issue a refresh token at the first consent only, and an app may import an access token
 * alone: a grant that comes without one keeps the stored one. Only for tokens of the same client, and
 * only if the provider says that both accounts are one (`isSameAccount`).
 */
export function withKeptRefreshToken(
  fresh: Grant,
  slot: Connection | null,
  isSameAccount: boolean,
): Grant {
  const held = isSameAccount ? heldFor(fresh, slot) : null
  if (held === null || fresh.kind !== 'oauth') return fresh
  const { refreshToken, refreshTokenExpiresAt, endNoticeAt } = held
  const owner = ownerOfBoth(fresh.owner, held.owner)
  return { ...fresh, refreshToken, refreshTokenExpiresAt, endNoticeAt, owner }
}

/** The working grant whose refresh token a grant without one would replace; null if there is none. */
export function heldFor(fresh: Grant, slot: Connection | null): OAuthGrant | null {
  if (fresh.kind !== 'oauth' || fresh.refreshToken !== null || slot === null) return null
  if (!isLive(slot) || slot.status === 'disconnected' || slot.grant.kind !== 'oauth') return null
  const isUsable = slot.grant.refreshToken !== null && slot.grant.issuedTo === fresh.issuedTo
  return isUsable ? slot.grant : null
}

/** Proven only if both are; else the next refresh asks whose the kept refresh token is. */
function ownerOfBoth(fresh: GrantOwner, held: GrantOwner): GrantOwner {
  if (fresh.is !== 'proven') return fresh
  if (held.is === 'proven' && held.accountId === fresh.accountId) return fresh
  return { is: 'unproven', told: { id: fresh.accountId, email: null, name: null } }
}

/** A refresh token that is kept may be on its way to the provider: its attempt is kept with it. */
export function attemptOn(
  grant: Grant,
  of: { readonly fresh: Grant; readonly slot: Connection | null },
): Attempt | null {
  const isKept = grant !== of.fresh && of.slot !== null && isLive(of.slot)
  return isKept ? of.slot.attempt : null
}
