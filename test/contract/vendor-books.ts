import { createHash, randomBytes } from 'node:crypto'
import type { Rotation } from './dialect.ts'

export type Consent = {
  readonly scope: readonly string[]
  readonly redirectUri: string
  readonly challenge: string | null
  readonly nonce: string | null
}

export type Issued = Consent & { readonly accessToken: string; readonly refreshToken: string }

type Grant = {
  readonly consent: Consent
  readonly accessTokens: Set<string>
  /** The refresh tokens that are still valid. */
  readonly refreshTokens: Set<string>
  latest: { accessToken: string; refreshToken: string }
}

/** A vendor's codes, grants and tokens. */
export class VendorBooks {
  readonly #codes = new Map<string, Consent>()
  readonly #grants: Grant[] = []
  readonly #rotation: Rotation
  /** Every token that a client revoked. */
  readonly revoked = new Set<string>()

  constructor(rotation: Rotation) {
    this.#rotation = rotation
  }

  issueCode(consent: Consent): string {
    const code = token('code')
    this.#codes.set(code, consent)
    return code
  }

  /** Redeems a code. It is valid once, with the right verifier (RFC 7636 §4.6). */
  redeem(code: string, verifier: string | null): Issued | null {
    const consent = this.#codes.get(code)
    this.#codes.delete(code)
    if (consent === undefined || challengeOf(verifier) !== consent.challenge) return null
    const latest = { accessToken: token('at'), refreshToken: token('rt') }
    this.#grants.push({
      consent,
      latest,
      accessTokens: new Set([latest.accessToken]),
      refreshTokens: new Set([latest.refreshToken]),
    })
    return { ...consent, ...latest }
  }

  /** Issues a grant outside Larder, for the app to import. */
  give(scope: readonly string[]): Issued {
    const consent = { scope, redirectUri: '', challenge: null, nonce: null }
    const issued = this.redeem(this.issueCode(consent), null)
    if (issued === null) throw new Error('a new code must be valid')
    return issued
  }

  refresh(refreshToken: string): Issued | null {
    const grant = this.#grants.find(({ refreshTokens }) => refreshTokens.has(refreshToken))
    if (grant === undefined) return null
    const rotates = this.#rotation === 'single-use' || this.#rotation === 'overlap'
    if (this.#rotation === 'single-use') grant.refreshTokens.clear()
    const next = rotates ? token('rt') : refreshToken
    grant.refreshTokens.add(next)
    grant.latest = { accessToken: token('at'), refreshToken: next }
    grant.accessTokens.add(grant.latest.accessToken)
    return { ...grant.consent, ...grant.latest }
  }

  /** Exchanges a valid access token for one that can be refreshed by itself. */
  exchange(accessToken: string): Issued | null {
    const grant = this.#grants.find(({ accessTokens }) => accessTokens.has(accessToken))
    if (grant === undefined) return null
    const next = token('at')
    grant.accessTokens.add(next)
    grant.refreshTokens.add(next)
    grant.latest = { accessToken: next, refreshToken: next }
    return { ...grant.consent, ...grant.latest }
  }

  get latest(): Grant['latest'] {
    return this.#grants.at(-1)?.latest ?? { accessToken: '', refreshToken: '' }
  }

  /** The valid access token that matches. */
  findAccessToken(isIt: (accessToken: string) => boolean): string | null {
    const all = this.#grants.flatMap(({ accessTokens }) => [...accessTokens])
    return all.find((one) => !this.revoked.has(one) && isIt(one)) ?? null
  }

  findToken(isIt: (token: string) => boolean): string | null {
    const all = this.#grants.flatMap((one) => [...one.accessTokens, ...one.refreshTokens])
    return all.find(isIt) ?? null
  }

  /** Revokes a token. A revoked refresh token is no longer valid. */
  revoke(revoked: string): void {
    this.revoked.add(revoked)
    for (const { refreshTokens } of this.#grants) refreshTokens.delete(revoked)
  }
}

function challengeOf(verifier: string | null): string | null {
  return verifier === null ? null : createHash('sha256').update(verifier).digest('base64url')
}

function token(kind: string): string {
  return `${kind}-${randomBytes(9).toString('base64url')}`
}
