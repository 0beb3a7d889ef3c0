import { SealError } from '../../core/base/errors.ts'
import {
  afterRevocation,
  type Revocation,
  type RevocationOutcome,
} from '../../core/connection/revocation.ts'
import type { Sealed } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import { type JudgeNeeds, wouldEndAnother } from './judge-revocation.ts'

const AT_ONCE = 20
/** Longer than one revocation can take. */
const CLAIM_MS = 60_000

type Needs = JudgeNeeds & Pick<Ports, 'clock' | 'random' | 'store' | 'observer'>

/** Tells providers which tokens to forget; the job calls it until nothing is due. Returns how many were tried. */
export async function deliverRevocations(ports: Needs): Promise<number> {
  const due = await ports.store.dueRevocations(ports.clock.now(), AT_ONCE)
  if (due.length === 0) return 0
  const { claimed, skipped } = await claim(ports, due)
  for (const { provider } of skipped) ports.observer.revocationSkipped({ provider })
  // All have ended before it does: none is told again while it is still in the air.
  const ends = await Promise.allSettled(claimed.map((revocation) => deliver(ports, revocation)))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return due.length
}

type Claims = { readonly claimed: readonly Revocation[]; readonly skipped: readonly Revocation[] }

/**
 * Committed before anything is sent: who cannot write, or dies, does not send the same again at once.
 * Drops those that would by now end a grant that a connection holds.
 */
async function claim(ports: Needs, due: readonly Revocation[]): Promise<Claims> {
  const dueAt = ports.clock.now() + CLAIM_MS
  return ports.store.write(async (trx) => {
    const claimed: Revocation[] = []
    const skipped: Revocation[] = []
    for (const revocation of due) {
      if (await wouldEndAnother(ports, trx, revocation)) {
        await trx.removeRevocation(revocation.id)
        skipped.push(revocation)
      } else {
        await trx.rescheduleRevocation({ ...revocation, dueAt })
        claimed.push(revocation)
      }
    }
    return { claimed, skipped }
  })
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

const UNREADABLE: RevocationOutcome = {
  kind: 'failed',
  detail: 'a sealed value cannot be opened',
  retryAfterMs: null,
}

/** With what opens; where nothing does, the provider cannot be told, for now or for good. */
async function send(ports: Needs, revocation: Revocation): Promise<RevocationOutcome> {
  const refreshToken = readable(ports, revocation, 'refreshToken')
  const accessToken = readable(ports, revocation, 'accessToken')
  if (refreshToken === null && accessToken === null) return UNREADABLE
  return ports.endpoint.revoke({ ...revocation, refreshToken, accessToken })
}

const FIELD = { refreshToken: 'refresh_token', accessToken: 'access_token' } as const

function readable(ports: Needs, revocation: Revocation, which: keyof typeof FIELD): Sealed | null {
  try {
    return revocation[which]?.open() ?? null
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    ports.observer.unreadable({ id: revocation.id, table: 'revocations', field: FIELD[which] })
    return null
  }
}
