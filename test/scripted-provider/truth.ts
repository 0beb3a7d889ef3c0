import type { Account, Family, FamilyId, RevocationCause } from './ledger.ts'
import { noteIdleness } from './refresh-grant.ts'
import type { RedirectSink } from './redirect-sink.ts'
import type { Overlap, RequestRecord } from './request-log.ts'
import type { Settings } from './settings.ts'
import type { Kill, World } from './world.ts'

export type RefreshTokenTruth = {
  readonly token: string
  readonly ordinal: number
  readonly issuedAt: number
  /** Null for the current token, or if the family was revoked before. */
  readonly spentAt: number | null
}

export type AccessTokenTruth = {
  readonly token: string
  readonly ordinal: number
  readonly issuedAt: number
  readonly worksFrom: number
  readonly expiresAt: number
  readonly endedAt: number | null
  readonly endedBy: 'rotation' | 'revocation_endpoint' | null
}

export type FamilyTruth = {
  readonly id: FamilyId
  readonly account: Account
  readonly createdAt: number
  /** Null for a client credentials grant. */
  readonly current: string | null
  readonly refreshTokens: readonly RefreshTokenTruth[]
  readonly accessTokens: readonly AccessTokenTruth[]
  readonly revoked: { readonly at: number; readonly cause: RevocationCause } | null
}

/** What happened at the provider, in its own time. */
export type Truth = {
  readonly seed: string
  readonly settings: Settings
  readonly now: number
  readonly families: readonly FamilyTruth[]
  /** In the order of arrival. The oldest may be dropped. */
  readonly requests: readonly RequestRecord[]
  readonly requestsTotal: number
  readonly requestsDropped: number
  /** Number of token requests, with the dropped ones. */
  readonly tokenRequests: number
  readonly overlaps: readonly Overlap[]
  readonly kills: readonly Kill[]
  readonly sink: ReturnType<RedirectSink['seen']>
  readonly faults: readonly string[]
}

export function tellTruth(world: World): Truth {
  const { settings, log, ledger, clock } = world
  return structuredClone({
    seed: settings.seed,
    settings,
    now: clock.now(),
    families: ledger.families.map((family) => familyTruth(world, family)),
    requests: log.records,
    requestsTotal: log.total,
    requestsDropped: log.dropped,
    tokenRequests: log.tokenRequests,
    overlaps: log.overlaps,
    kills: world.kills,
    sink: world.sink.seen(),
    faults: world.faults,
  })
}

export function familyTruth({ ledger, settings, clock }: World, family: Family): FamilyTruth {
  noteIdleness(ledger, family, { idleMs: settings.idleMs, now: clock.now() })
  const { refresh, access } = family
  return {
    id: family.id,
    account: family.account,
    createdAt: family.createdAt,
    current: refresh.length === 0 ? null : ledger.refreshToken(family, refresh.length - 1),
    refreshTokens: refresh.kept.map(({ issuedAt, spentAt }, index) => {
      const ordinal = refresh.dropped + index
      return { token: ledger.refreshToken(family, ordinal), ordinal, issuedAt, spentAt }
    }),
    accessTokens: access.kept.map((token, index) => {
      const ordinal = access.dropped + index
      const { issuedAt, worksFrom, expiresAt, endedAt, endedBy } = token
      const times = { issuedAt, worksFrom, expiresAt, endedAt, endedBy }
      return { token: ledger.accessToken(family, ordinal), ordinal, ...times }
    }),
    revoked: family.revoked,
  }
}
