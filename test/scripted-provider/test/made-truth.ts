import type { FamilyId } from '../ledger.ts'
import type { RequestRecord } from '../request-log.ts'
import { type ScriptedProviderOptions, settingsOf } from '../settings.ts'
import type { FamilyTruth, Truth } from '../truth.ts'

export const SEED = 'seed-of-the-made-truth'
export const LIFE_MS = 3_600_000

/** A constructed truth: one grant, `f0`, with one rotation for each of the requests. */
export function madeTruth(
  requests: readonly RequestRecord[] = [],
  made: {
    readonly options?: ScriptedProviderOptions
    readonly family?: Partial<FamilyTruth>
    readonly truth?: Partial<Truth>
  } = {},
): Truth {
  return {
    seed: SEED,
    settings: settingsOf({ profile: 'strict', seed: SEED, ...made.options }),
    now: 1_000_000,
    families: [{ ...familyAfter(requests), ...made.family }],
    requests,
    requestsTotal: requests.length,
    requestsDropped: 0,
    tokenRequests: requests.length,
    overlaps: [],
    kills: [],
    sink: { connections: 0, bytes: 0, text: '' },
    faults: [],
    ...made.truth,
  }
}

/** A refresh of `f0` that arrives at `at` and, by default, replaces the token `shown`. */
export function refresh(
  at: number,
  shown: number,
  said: Partial<RequestRecord> & { readonly standing?: 'current' | 'spent' | 'unknown' } = {},
): RequestRecord {
  const { standing = 'current', ...other } = said
  return {
    id: at,
    endpoint: 'token',
    arrivedAt: at,
    arrivedWall: at,
    readAt: at,
    grantType: 'refresh_token',
    family: 'f0',
    presented: { kind: 'refresh', ordinal: shown, standing },
    processedAt: at + 1,
    answeredAt: at + 2,
    closedAt: at + 3,
    status: 200,
    refused: null,
    misbehaviour: null,
    issued: { access: shown + 1, refresh: shown + 1, rotated: true },
    told: 'plainly',
    ...other,
  }
}

/** Processed, with the answer lost on the way. */
export const LOST = { answeredAt: null, status: null, told: 'nothing' } as const
/** Refused as invalid_grant, with a plain answer. */
export const REFUSED = { issued: null, status: 400, refused: 'invalid_grant' } as const

export const refreshToken = (ordinal: number) => `refresh-${ordinal}`
export const accessToken = (ordinal: number) => `access-${ordinal}`

function familyAfter(requests: readonly RequestRecord[]): FamilyTruth {
  const rotations = requests.filter(({ issued }) => issued !== null)
  const issuedAt = [0, ...rotations.map(({ arrivedAt }) => arrivedAt + 1)]
  const newest = Math.max(0, ...rotations.map(({ issued }) => issued?.refresh ?? 0))
  const ordinals = Array.from({ length: newest + 1 }, (_, ordinal) => ordinal)
  return {
    id: 'f0' satisfies FamilyId,
    account: { id: 'acc-0', email: 'user-0@example.com', name: 'User 0' },
    createdAt: 0,
    current: refreshToken(newest),
    refreshTokens: ordinals.map((ordinal) => ({
      token: refreshToken(ordinal),
      ordinal,
      issuedAt: issuedAt[ordinal] ?? 0,
      spentAt: issuedAt[ordinal + 1] ?? null,
    })),
    accessTokens: ordinals.map((ordinal) => ({
      token: accessToken(ordinal),
      ordinal,
      issuedAt: issuedAt[ordinal] ?? 0,
      worksFrom: issuedAt[ordinal] ?? 0,
      expiresAt: (issuedAt[ordinal] ?? 0) + LIFE_MS,
      endedAt: null,
      endedBy: null,
    })),
    revoked: null,
  }
}
