import { afterRevocation, type Revocation } from '../core/outbox.ts'
import type { Ports } from '../ports.ts'

const AT_ONCE = 20

type Needs = Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'observer'>

/** Tells providers which tokens to forget; the job calls it until nothing is due. Returns how many were tried. */
export async function deliverRevocations(ports: Needs): Promise<number> {
  const due = await ports.store.dueRevocations(ports.clock.now(), AT_ONCE)
  await Promise.all(due.map((revocation) => deliver(ports, revocation)))
  return due.length
}

async function deliver(ports: Needs, revocation: Revocation): Promise<void> {
  const outcome = await ports.endpoint.revoke(revocation)
  const at = { now: ports.clock.now(), fraction: ports.random.fraction() }
  const next = afterRevocation(revocation, outcome, at)
  await ports.store.write((trx) =>
    next === null ? trx.removeRevocation(revocation.id) : trx.rescheduleRevocation(next),
  )
  ports.observer.revoked({ provider: revocation.provider, outcome: outcome.kind })
}
