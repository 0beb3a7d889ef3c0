import { type Caller, reachesProvider, reachesUser } from '../../core/base/access.ts'
import type { ConnectLink } from '../../core/connect/flow.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { LinkId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'

/** Throws `not_found` also for a link that the API key may not see. */
export async function showLink(
  { store }: Pick<Ports, 'store'>,
  caller: Caller,
  id: LinkId,
): Promise<ConnectLink> {
  const link = await store.link(id)
  const isReached =
    link?.providers.every((provider) => reachesProvider(caller, provider)) === true &&
    reachesUser(caller, link.request.userId)
  if (link === null || !isReached) throw new VaultError('not_found', 'no such link')
  return link
}
