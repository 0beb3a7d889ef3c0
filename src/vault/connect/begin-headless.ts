import { type Caller, reachesUser } from '../../core/base/access.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { Instant } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { beginFlow } from './begin-flow.ts'
import { headlessProblems, reachedProvider, unknownProvider } from './demand-problems.ts'
import type { HeadlessRequest } from './connect-requests.ts'

/** The host app owns the callback: the verifier and the hash of `state` stay here, the URL goes out. */
export async function beginHeadless(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'providers' | 'policy'>,
  caller: Caller,
  demand: HeadlessRequest,
): Promise<{ readonly url: string; readonly state: string; readonly expiresAt: Instant }> {
  const { userId, email, state: appState, scope, params, callbackUrl } = demand
  if (!reachesUser(caller, userId)) throw new VaultError('not_found', 'no such user')
  const errors = headlessProblems(ports, caller, demand)
  if (errors.length > 0)
    throw new VaultError('invalid_request', 'the flow cannot begin', { errors })
  const provider = reachedProvider(ports, caller, demand.provider)
  if (provider === null) throw unknownProvider()
  const request = { ...NOTHING_ASKED, userId, email, state: appState, scope, params }
  const begun = await beginFlow(ports, {
    provider,
    request,
    redirectUri: callbackUrl,
    link: null,
    browserId: null,
  })
  return { url: begun.url, state: begun.state, expiresAt: begun.flow.expiresAt }
}

const NOTHING_ASKED = {
  expectedAccount: null,
  label: null,
  displayName: null,
  metadata: null,
  connectionId: null,
  client: null,
} as const
