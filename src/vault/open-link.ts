import type { ConnectLink } from '../core/authorization.ts'
import type { Provider } from '../core/provider.ts'
import type { Ports } from '../ports.ts'

export type OpenedLink = {
  readonly link: ConnectLink
  readonly providers: readonly { readonly provider: Provider; readonly scopes: readonly string[] }[]
}

/**
 * What the connect page shows. Reads only, however often it is asked. `secret` is the URL's.
 * Throws `VaultError`: not_found, link_used, link_expired, link_superseded, link_withdrawn.
 */
export async function openLink(_ports: Ports, _secret: string): Promise<OpenedLink> {
  throw new Error('not written yet')
}
