import type { Caller } from '../../core/base/access.ts'
import type { LinkId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { refuseWaiting } from './refuse-waiting.ts'
import { showLink } from './show-link.ts'

/** Idempotent; a completed link stays completed, a grant that waits for confirmation is given up. */
export async function withdrawLink(
  ports: Pick<Ports, 'clock' | 'random' | 'sealer' | 'store' | 'endpoint' | 'providers'>,
  caller: Caller,
  id: LinkId,
): Promise<void> {
  const link = await showLink(ports, caller, id)
  const withdrawn = { ...link, state: { status: 'withdrawn' } } as const
  await ports.store.write(async (trx) => {
    const current = await trx.link(id)
    if (current?.state.status === 'pending') await trx.saveLink(current, withdrawn)
    else await refuseWaiting(ports, trx, withdrawn)
  })
}
