import { prepareCall } from '../request/prepare-call.ts'
import type { Means } from '../request/means.ts'

/** Short, because a process that stops waits for it. */
const ASK_WITHIN_MS = 5_000

/**
 * Fetches metadata from each issuer whose last fetch failed or is still missing, so that health
 * reports a fault before a user meets it.
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
