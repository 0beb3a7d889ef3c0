import type { Observations } from '../scripted-provider/checker/observations.ts'
import type { FamilyId } from '../scripted-provider/ledger.ts'
import type { RequestRecord } from '../scripted-provider/request-log.ts'
import type { FamilyTruth, Truth } from '../scripted-provider/truth.ts'

/**
 * The provider may see a request this long after Larder sent it, when Larder is already dead. The next
 * process needs longer than this before it sends anything.
 */
export const ARRIVAL_SEEN_WITHIN_MS = 250

/**
 * The longest time for which a busy machine may explain that an answer was not stored. An answer
 * that left the provider earlier than this before the kill must be in the vault.
 */
export const LONGEST_WINDOW_MS = 1_000

/** A connection lost by a kill: the provider had rotated, and Larder had not stored the answer. */
export type Loss = {
  readonly family: FamilyId
  /** The failure reason that the API returns. */
  readonly label: string | null
  /** Times from the rotation and from the last byte of the answer to the kill; null if the kill was first. */
  readonly afterRotationMs: number | null
  readonly afterAnswerMs: number | null
}

/** Connections that cannot be refreshed any more although no user or app ended them. */
export function lossesOf(truth: Truth, seen: Observations): readonly Loss[] {
  return (seen.connections ?? []).flatMap(({ family: id, status, reason }) => {
    const family = truth.families.find((one) => one.id === id)
    const isLost = status === 'disconnected' || (family !== undefined && family.revoked !== null)
    return isLost && family !== undefined ? [lossOf(truth, seen, { family, label: reason })] : []
  })
}

function lossOf(
  truth: Truth,
  seen: Observations,
  { family, label }: { readonly family: FamilyTruth; readonly label: string | null },
): Loss {
  const rotation = lastRotation(truth, family.id)
  const { arrivedAt = Number.POSITIVE_INFINITY, processedAt = null } = rotation ?? {}
  const answeredAt = rotation?.answeredAt ?? null
  const kill = (seen.kills ?? []).find((at) => at >= arrivedAt - ARRIVAL_SEEN_WITHIN_MS)
  const hasLeft = answeredAt !== null && kill !== undefined && kill >= answeredAt
  return {
    family: family.id,
    label,
    afterRotationMs: kill === undefined || processedAt === null ? null : kill - processedAt,
    afterAnswerMs: hasLeft ? kill - answeredAt : null,
  }
}

function lastRotation({ requests }: Truth, family: FamilyId): RequestRecord | undefined {
  return requests.findLast((one) => one.family === family && one.issued?.rotated === true)
}

/**
 * Times from the last byte of an answer to the kill, for each answer that was not stored, so that the
 * next start sent the older token. They show how long the window is in which a kill loses an answer.
 */
export function unsavedAnswersMs(truth: Truth, kills: readonly number[]): readonly number[] {
  return [...Map.groupBy(truth.requests, ({ family }) => family).values()].flatMap((requests) =>
    requests.flatMap(({ arrivedAt, issued, answeredAt }, index) => {
      const next = requests[index + 1]?.presented
      if (issued?.rotated !== true || answeredAt === null || next?.kind !== 'refresh') return []
      const kill = kills.find((at) => at >= arrivedAt - ARRIVAL_SEEN_WITHIN_MS)
      if (next.ordinal >= (issued.refresh ?? 0) || kill === undefined) return []
      return kill < answeredAt ? [] : [kill - answeredAt]
    }),
  )
}

/**
 * No caller may see a refresh before it is on stable storage. If an access token was served, the vault
 * must hold the refresh token that came with it, or a newer one.
 */
export function acknowledgedButLost(truth: Truth, seen: Observations): readonly string[] {
  const stored = new Map((seen.stored ?? []).map((one) => [one.family, one.refreshToken]))
  return truth.families.flatMap((family) => {
    const held = ordinalOf(family.refreshTokens, stored.get(family.id))
    const served = (seen.served ?? []).filter((one) => one.family === family.id)
    const access = Math.max(
      ...served.map(({ accessToken }) => ordinalOf(family.accessTokens, accessToken)),
    )
    const rotation = truth.requests.find((one) => {
      return (
        one.family === family.id && one.issued?.rotated === true && one.issued.access === access
      )
    })
    const acknowledged = rotation?.issued?.refresh ?? 0
    if (acknowledged <= held) return []
    return [`${family.id}: refresh token ${acknowledged} was seen, the vault holds ${held}`]
  })
}

function ordinalOf(
  tokens: readonly { readonly token: string; readonly ordinal: number }[],
  wanted: string | undefined,
): number {
  return tokens.find(({ token }) => token === wanted)?.ordinal ?? -1
}
