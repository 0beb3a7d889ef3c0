import { type Caller, reachesProvider, reachesUser } from '../core/access.ts'
import type { ConnectLink } from '../core/authorization.ts'
import { VaultError } from '../core/errors.ts'
import type { LinkId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

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
