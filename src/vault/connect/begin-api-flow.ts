import { type Caller, reachesUser } from '../../core/base/access.ts'
import { requireValid, VaultError } from '../../core/base/errors.ts'
import type { Instant } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { beginFlow } from './begin-flow.ts'
import { type ApiFlowRequest, apiFlowProblems, requireReached } from './request-problems.ts'

/**
 * Begins a flow whose callback the app receives. The app gets the URL, Larder stores the verifier.
 */
export async function beginApiFlow(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'providers' | 'policy'>,
  caller: Caller,
  request: ApiFlowRequest,
): Promise<{ readonly url: string; readonly state: string; readonly expiresAt: Instant }> {
  const { provider: id, callbackUrl, ...fields } = request
  if (!reachesUser(caller, request.userId)) throw new VaultError('not_found', 'no such user')
  requireValid(apiFlowProblems(ports, caller, request), 'the flow cannot begin')
  const { url, state, flow } = await beginFlow(ports, {
    provider: requireReached(ports, caller, id),
    request: { ...UNSET, ...fields },
    redirectUri: callbackUrl,
    link: null,
    browserId: null,
  })
  return { url, state, expiresAt: flow.expiresAt }
}

const UNSET = {
  expectedAccount: null,
  label: null,
  displayName: null,
  metadata: null,
  connectionId: null,
  client: null,
} as const
