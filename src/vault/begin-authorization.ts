import type { ProviderId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

/** The user pressed Continue: a flow bound to this browser, and the provider's URL to go to. */
export async function beginAuthorization(
  _ports: Ports,
  _demand: {
    readonly secret: string
    /** The value of the browser's cookie. */
    readonly browserId: string
    readonly provider: ProviderId
  },
): Promise<{ readonly url: string }> {
  throw new Error('not written yet')
}
