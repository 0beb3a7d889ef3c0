import { VaultError } from '../../src/core/base/errors.ts'
import type { ProviderId } from '../../src/core/base/ids.ts'
import type { Ports } from '../../src/ports/ports.ts'
import { beginPageFlow } from '../../src/vault/connect/begin-page-flow.ts'
import { openLink } from '../../src/vault/connect/open-link.ts'

/** As the connect page does when the user presses Continue. */
export async function pressContinue(
  ports: Ports,
  at: {
    readonly secret: string
    readonly browserId: string
    readonly provider: ProviderId
  },
): Promise<{ readonly url: string }> {
  const { link, providers } = await openLink(ports, at.secret)
  const chosen = providers.find(({ provider }) => provider.id === at.provider)
  if (chosen === undefined) throw new VaultError('invalid_request', 'the link offers another')
  return beginPageFlow(ports, { link, provider: chosen.provider, browserId: at.browserId })
}
