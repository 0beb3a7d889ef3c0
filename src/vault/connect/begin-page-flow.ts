import type { ConnectLink } from '../../core/connect/flow.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'
import { beginFlow } from './begin-flow.ts'
import { connectFailureOf } from './connect-failure.ts'
import { noteFailure } from './end-link.ts'

/**
 * Called when the user presses Continue on the connect page. Returns the provider's consent URL.
 */
export async function beginPageFlow(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'providers' | 'observer'>,
  {
    link,
    provider,
    browserId,
  }: {
    readonly link: ConnectLink
    /** A provider that `openLink` returned. */
    readonly provider: Provider
    /** The value of the browser's cookie. */
    readonly browserId: string
  },
): Promise<{ readonly url: string }> {
  if (provider.connectsBy !== 'link') {
    throw new VaultError('invalid_request', 'the provider does not connect by a consent')
  }
  const { request } = link
  const { redirectUri } = provider
  try {
    return await beginFlow(ports, { provider, request, redirectUri, link: link.id, browserId })
  } catch (error) {
    if (error instanceof VaultError) {
      await noteFailure(ports, link, { provider, ...connectFailureOf(error) })
    }
    throw error
  }
}
