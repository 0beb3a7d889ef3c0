import { prepareCall } from '../request/prepare-call.ts'
import type { Means } from '../request/means.ts'

/** Short, because a stopping process waits for this request. */
const ASK_WITHIN_MS = 5_000

/**
 * Fetches the metadata of each issuer that has none yet or whose last fetch failed. This lets the
 * health endpoint report a fault before a user is affected.
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
