import { VaultError } from '../../core/base/errors.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { beginFlow } from './begin-flow.ts'
import { connectFailureOf } from './connect-failure.ts'
import { noteFailure } from './end-link.ts'
import { openLink } from './open-link.ts'

/** The user pressed Continue: a flow bound to this browser, and the provider's URL to go to. */
export async function beginAuthorization(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'providers' | 'observer'>,
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
  const { provider } = chosen
  try {
    const { url } = await beginFlow(ports, {
      provider,
      request: link.request,
      redirectUri: provider.redirectUri,
      link: link.id,
      browserId: demand.browserId,
    })
    return { url }
  } catch (error) {
    // The metadata of its issuer is not to be had, or the settings are not as the provider wants them.
    if (error instanceof VaultError)
      await noteFailure(ports, link, { provider, ...connectFailureOf(error) })
    throw error
  }
}
