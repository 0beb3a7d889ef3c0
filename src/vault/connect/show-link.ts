import { type Caller, reachesProvider, reachesUser } from '../../core/base/access.ts'
import type { ConnectLink } from '../../core/connect/flow.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { LinkId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'

/** What the key may not see is reported as missing. */
export async function showLink(
  ports: Pick<Ports, 'store'>,
  caller: Caller,
  id: LinkId,
): Promise<ConnectLink> {
  const link = await ports.store.link(id)
  if (link === null || !reachesLink(caller, link)) throw new VaultError('not_found', 'no such link')
  return link
}

function reachesLink(caller: Caller, link: ConnectLink): boolean {
  const reached = link.providers.every((provider) => reachesProvider(caller, provider))
  return reached && reachesUser(caller, link.request.userId)
}
