import type { RequestRecord } from '../request-log.ts'
import type { FamilyTruth } from '../truth.ts'
import { endOf, type Facts, type Finding, ms, refreshesOf } from './facts.ts'
import type { SeenConnection } from './observations.ts'

/** I5: the API shows the true state of a connection, as far as the daemon could know it. */
export function statesAreTrue(facts: Facts): readonly Finding[] {
  return (facts.seen.connections ?? []).flatMap((seen) => {
    const family = facts.families.get(seen.family)
    if (family === undefined) return [{ family: seen.family, message: 'no such grant was given' }]
    const faults = [faultOfStatus(facts, family, seen), faultOfAlive(family, seen)]
    return faults.flatMap((message) => (message === null ? [] : [{ family: family.id, message }]))
  })
}

function faultOfStatus(facts: Facts, family: FamilyTruth, seen: SeenConnection): string | null {
  if (seen.status === 'missing') return missing(facts, seen)
  const word = lastWord(facts, family, seen.seenAt)
  return family.revoked === null
    ? faultOfValidGrant(facts, word, seen)
    : faultOfEndedGrant(facts, { family, word, seen })
}

function missing(facts: Facts, { family }: SeenConnection): string | null {
  const deleted = (facts.seen.deletions ?? []).some((deletion) => deletion.family === family)
  return deleted ? null : 'the connection is gone, and nobody has deleted it'
}

/** The last plain answer to the daemon, and whether an attempt before had none. */
type Word = {
  readonly kind: 'none' | 'success' | 'dead' | 'unclear'
  readonly request: RequestRecord | null
  /** Whether an earlier attempt ended without a plain answer. */
  readonly interrupted: boolean
}

function lastWord(facts: Facts, { id }: FamilyTruth, at: number): Word {
  const heard = refreshesOf(facts, id).filter((request) => endOf(request) <= at)
  const request = heard.at(-1) ?? null
  const lastSuccess = heard.findLastIndex((one) => one.issued !== null && one.told === 'plainly')
  const since = heard.slice(lastSuccess + 1)
  const from = heard[lastSuccess]?.arrivedAt ?? 0
  return {
    kind: request === null ? 'none' : kindOf(request),
    request,
    interrupted:
      since.some((one) => kindOf(one) === 'unclear') ||
      facts.truth.requests.some(
        (one) => hasNoFamily(one) && from < one.arrivedAt && endOf(one) <= at,
      ),
  }
}

/** Whether a request was cut off before it named a grant, so that it may belong to any. */
function hasNoFamily({ endpoint, readAt }: RequestRecord): boolean {
  return readAt === null && (endpoint === 'token' || endpoint === 'connection')
}

function kindOf({ told, refused, issued }: RequestRecord): Word['kind'] {
  if (told !== 'plainly') return 'unclear'
  if (refused === 'invalid_grant') return 'dead'
  return issued === null ? 'unclear' : 'success'
}

function faultOfValidGrant({ limits }: Facts, word: Word, seen: SeenConnection): string | null {
  if (seen.status === 'disconnected') {
    if (word.kind === 'dead') return mislabelled(word, seen)
    const forbidden = limits.replay === 'never' && word.interrupted
    if (forbidden && seen.reason === 'interrupted') return null
    return `a valid grant is shown as disconnected (${seen.reason})`
  }
  if (seen.status !== 'failing' || word.kind !== 'success') return null
  const ago = seen.seenAt - endOf(word.request ?? fail())
  return ago > limits.settleMs ? `shown as failing ${ms(ago)} after a refresh succeeded` : null
}

/** Judges the reason after a refusal of a valid grant: a false one, or one after a lost rotation. */
function mislabelled(word: Word, { reason }: SeenConnection): string | null {
  const lost = word.request?.presented?.standing === 'spent'
  const right = lost ? ['interrupted'] : ['revoked', 'expired', 'interrupted']
  return right.includes(reason ?? '')
    ? null
    : `disconnected as ${reason}, not ${right.join(' or ')}`
}

function faultOfEndedGrant(
  { limits }: Facts,
  { family, word, seen }: { family: FamilyTruth; word: Word; seen: SeenConnection },
): string | null {
  const { at = 0, cause = 'user' } = family.revoked ?? {}
  if (seen.status === 'disconnected') {
    const right = reasonsFor(cause, word)
    if (right.includes(seen.reason ?? '')) return null
    return `ended by ${cause}, but shown as ${seen.reason}, not ${right.join(' or ')}`
  }
  if (word.kind === 'dead') {
    const ago = seen.seenAt - endOf(word.request ?? fail())
    return ago > limits.settleMs ? `shown as ${seen.status} ${ms(ago)} after a refusal` : null
  }
  const unnoticed = seen.seenAt - at
  if (limits.noticeMs === null || unnoticed <= limits.noticeMs) return null
  return `shown as ${seen.status} ${ms(unnoticed)} after it ended by ${cause}`
}

function reasonsFor(cause: NonNullable<FamilyTruth['revoked']>['cause'], word: Word) {
  const interrupted = word.interrupted ? ['interrupted'] : []
  switch (cause) {
    case 'reuse':
      return ['interrupted']
    case 'user':
    case 'code_replay':
    case 'revocation_endpoint':
      return ['revoked', ...interrupted]
    case 'idle':
      return ['revoked', 'expired', ...interrupted]
    default:
      return cause satisfies never
  }
}

/** `alive` promises a token that has not expired. */
function faultOfAlive({ accessTokens }: FamilyTruth, seen: SeenConnection): string | null {
  if (!seen.alive || accessTokens.some(({ expiresAt }) => expiresAt > seen.seenAt)) return null
  return 'shown as alive without an unexpired token'
}

function fail(): never {
  throw new Error('the last answer has no request')
}
