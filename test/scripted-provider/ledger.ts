import { History } from './history.ts'
import type { TokenPlace, Tokens } from './tokens.ts'

export type FamilyId = `f${number}`
export type Account = { readonly id: string; readonly email: string; readonly name: string }
export type RevocationCause = 'reuse' | 'user' | 'revocation_endpoint' | 'idle' | 'code_replay'

/** Times are the provider's; see `ProviderClock`. */
export type AccessToken = {
  readonly issuedAt: number
  readonly worksFrom: number
  readonly expiresAt: number
  endedAt: number | null
  endedBy: 'rotation' | 'revocation_endpoint' | null
  firstUsedAt: number | null
}

export type RefreshToken = {
  readonly issuedAt: number
  spentAt: number | null
  /** The token that replaced it. */
  successor: number | null
  /** The access token that was issued with it. */
  readonly access: number
}

/** All tokens of one consent. */
export type Family = {
  readonly id: FamilyId
  readonly index: number
  readonly account: Account
  readonly scope: string
  readonly createdAt: number
  readonly access: History<AccessToken>
  /** Empty for a client credentials grant (RFC 6749 §4.4.3). */
  readonly refresh: History<RefreshToken>
  revoked: { readonly at: number; readonly cause: RevocationCause } | null
  lastUsedAt: number
}

export type Terms = {
  readonly now: number
  readonly lifeMs: number
  readonly settlesMs: number
}

/** Issued tokens, before a dialect encodes them. */
export type Issued = {
  readonly family: Family
  readonly accessToken: string
  readonly expiresInSeconds: number
  readonly access: number
  /** Null if none was issued. */
  readonly refreshToken: string | null
  readonly refresh: number | null
}

const TOKENS_KEPT = 5_000

/** The state of every grant, independent of HTTP and profiles. */
export class Ledger {
  readonly families: Family[] = []
  readonly #tokens: Tokens

  constructor(tokens: Tokens) {
    this.#tokens = tokens
  }

  mint(
    grant: { readonly account: Account; readonly scope: string; readonly machine: boolean },
    terms: Terms,
  ): Issued {
    const index = this.families.length
    const family: Family = {
      id: `f${index}`,
      index,
      account: grant.account,
      scope: grant.scope,
      createdAt: terms.now,
      access: new History(TOKENS_KEPT),
      refresh: new History(TOKENS_KEPT),
      revoked: null,
      lastUsedAt: terms.now,
    }
    this.families.push(family)
    const access = issueAccess(family, terms)
    if (!grant.machine) issueRefresh(family, access, terms.now)
    return this.pair(family, access, terms.now)
  }

  family(id: FamilyId): Family {
    const family = this.families[Number(id.slice(1))]
    if (family === undefined) throw new RangeError(`no family ${id}`)
    return family
  }

  find(token: string): { readonly family: Family; readonly place: TokenPlace } | null {
    const place = this.#tokens.read(token)
    const family = place === null ? undefined : this.families[place.family]
    if (place === null || family === undefined) return null
    const { length } = place.kind === 'refresh' ? family.refresh : family.access
    return place.ordinal < length ? { family, place } : null
  }

  /** Issues an access token and keeps the refresh token. */
  renew(family: Family, terms: Terms): Issued {
    family.lastUsedAt = terms.now
    return this.pair(family, issueAccess(family, terms), terms.now)
  }

  /** Issues a new pair, which replaces the used token and all tokens after it. */
  rotate(family: Family, shown: number, terms: Terms): Issued {
    const { refresh } = family
    family.lastUsedAt = terms.now
    const access = issueAccess(family, terms)
    const next = issueRefresh(family, access, terms.now)
    for (let ordinal = shown; ordinal < next; ordinal++) {
      const token = refresh.at(ordinal)
      if (token === undefined) continue
      token.spentAt ??= terms.now
      token.successor = next
    }
    return this.pair(family, access, terms.now)
  }

  /** Returns the newest refresh token with the given access token. */
  pair(family: Family, access: number, now: number): Issued {
    const refresh = family.refresh.length - 1
    const left = (family.access.at(access)?.expiresAt ?? now) - now
    return {
      family,
      access,
      accessToken: this.accessToken(family, access),
      expiresInSeconds: Math.round(left / 1000),
      refresh: refresh < 0 ? null : refresh,
      refreshToken: refresh < 0 ? null : this.refreshToken(family, refresh),
    }
  }

  /** Revokes a family. The first cause is kept. */
  revoke(family: Family, cause: RevocationCause, now: number): void {
    family.revoked ??= { at: now, cause }
  }

  accessToken({ index }: Family, ordinal: number): string {
    return this.#tokens.write({ kind: 'access', family: index, ordinal })
  }

  refreshToken({ index }: Family, ordinal: number): string {
    return this.#tokens.write({ kind: 'refresh', family: index, ordinal })
  }
}

export function worksAt(family: Family, token: AccessToken, now: number): boolean {
  if (family.revoked !== null && family.revoked.at <= now) return false
  if (token.endedAt !== null && token.endedAt <= now) return false
  return token.worksFrom <= now && now < token.expiresAt
}

function issueAccess(family: Family, { now, lifeMs, settlesMs }: Terms): number {
  return family.access.push({
    issuedAt: now,
    worksFrom: now + settlesMs,
    expiresAt: now + lifeMs,
    endedAt: null,
    endedBy: null,
    firstUsedAt: null,
  })
}

function issueRefresh(family: Family, access: number, now: number): number {
  return family.refresh.push({ issuedAt: now, spentAt: null, successor: null, access })
}
