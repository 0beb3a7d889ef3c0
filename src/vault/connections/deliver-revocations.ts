import {
  afterRevocation,
  type Revocation,
  type RevocationOutcome,
} from '../../core/connection/revocation.ts'
import { openOrNull } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import { type JudgeNeeds, wouldEndAnother } from './judge-revocation.ts'

const AT_ONCE = 20
/** Longer than the longest revocation request. */
const CLAIM_MS = 60_000

type Needs = JudgeNeeds & Pick<Ports, 'clock' | 'random' | 'store' | 'observer'>

/** Sends due revocations, and returns how many. The job calls it until it returns 0. */
export async function deliverRevocations(ports: Needs): Promise<number> {
  const due = await ports.store.dueRevocations(ports.clock.now(), AT_ONCE)
  if (due.length === 0) return 0
  const claimed = await claim(ports, due)
  // Wait for all requests, so that no revocation is sent again while its request is running.
  const ends = await Promise.allSettled(claimed.map((revocation) => deliver(ports, revocation)))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return due.length
}

/**
 * Reschedules revocations before they are sent, so that they are not sent again at once after a
 * failed write or a crash. Removes revocations that would end the grant of a stored connection.
 */
async function claim(ports: Needs, due: readonly Revocation[]): Promise<readonly Revocation[]> {
  const dueAt = ports.clock.now() + CLAIM_MS
  const skipped = await ports.store.write(async (trx) => {
    const removed = new Set<Revocation>()
    for (const revocation of due) {
      if (await wouldEndAnother(ports, trx, revocation)) {
        await trx.removeRevocation(revocation.id)
        removed.add(revocation)
      } else {
        await trx.rescheduleRevocation({ ...revocation, dueAt })
      }
    }
    return removed
  })
  for (const { provider } of skipped) ports.observer.revocationSkipped({ provider })
  return due.filter((revocation) => !skipped.has(revocation))
}

async function deliver(ports: Needs, revocation: Revocation): Promise<void> {
  const outcome = await send(ports, revocation)
  const at = { now: ports.clock.now(), fraction: ports.random.fraction() }
  const next = afterRevocation(revocation, outcome, at)
  await ports.store.write((trx) =>
    next === null ? trx.removeRevocation(revocation.id) : trx.rescheduleRevocation(next),
  )
  const { provider } = revocation
  if (outcome.kind === 'revoked') return ports.observer.revoked({ provider })
  if (outcome.kind === 'unsupported') return ports.observer.revocationUnsupported({ provider })
  const { detail } = outcome
  if (next === null) ports.observer.revocationGivenUp({ provider, detail })
  else ports.observer.revocationFailed({ provider, detail })
}

/** Sends every token that can be opened. */
async function send(ports: Needs, revocation: Revocation): Promise<RevocationOutcome> {
  const refreshToken = readable(ports, revocation, 'refreshToken')
  const accessToken = readable(ports, revocation, 'accessToken')
  if (refreshToken === null && accessToken === null) {
    return { kind: 'failed', detail: 'a sealed value cannot be opened', retryAfterMs: null }
  }
  return ports.endpoint.revoke({ ...revocation, refreshToken, accessToken })
}

const FIELD = { refreshToken: 'refresh_token', accessToken: 'access_token' } as const

function readable(ports: Needs, { id, ...tokens }: Revocation, which: keyof typeof FIELD) {
  const opened = openOrNull(tokens[which])
  if (opened === null && tokens[which] !== null) {
    ports.observer.unreadable({ id, table: 'revocations', field: FIELD[which] })
  }
  return opened
}
