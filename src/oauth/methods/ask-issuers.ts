import { prepareCall } from '../request/prepare-call.ts'
import type { Means } from '../request/means.ts'

/** Short: a process that ends waits for it. */
const ASK_WITHIN_MS = 5_000

/**
 * Asks each issuer for metadata that gave none yet, or none when it was last asked, so that health
 * does not wait for a user to find out.
 */
export async function askIssuers(means: Means): Promise<void> {
  const until = means.clock.monotonic() + ASK_WITHIN_MS
  const unknown = [...means.configured].filter(
    ([provider, { recipe }]) =>
      recipe.issuer !== undefined && !means.faults.isIssuerKnown(provider),
  )
  await Promise.all(
    unknown.map(([provider]) =>
      prepareCall(means, { provider, client: null, params: {}, providerData: {}, until }),
    ),
  )
}
