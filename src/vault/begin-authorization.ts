import { VaultError } from '../core/errors.ts'
import type { ProviderId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'
import { beginFlow } from './begin-flow.ts'
import { openLink } from './open-link.ts'

/** The user pressed Continue: a flow bound to this browser, and the provider's URL to go to. */
export async function beginAuthorization(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'providers'>,
  demand: {
    readonly secret: string
    /** The value of the browser's cookie. */
    readonly browserId: string
    readonly provider: ProviderId
  },
): Promise<{ readonly url: string }> {
  const { link, providers } = await openLink(ports, demand.secret)
  const chosen = providers.find(({ provider }) => provider.id === demand.provider)
  if (chosen?.provider.connectsBy !== 'link')
    throw new VaultError('invalid_request', 'the link names no such provider')
  const { url } = await beginFlow(ports, {
    provider: chosen.provider,
    request: link.request,
    redirectUri: chosen.provider.redirectUri,
    link: link.id,
    browserId: demand.browserId,
  })
  return { url }
}
