import type { LiveConnection } from '../../core/connection/connection.ts'
import type { Credentials } from '../../core/connection/credentials.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { AttemptOutcome } from '../../core/refresh/refresh-outcome.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import {
  hasNoResult,
  type SendResult,
  sendRefreshToken,
  sendAgain,
  sendOnce,
} from './send-refresh-token.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'endpoint'>

/** What authenticates a request to the provider. */
export type Evidence =
  | { readonly kind: 'refresh_token'; readonly secret: Secret }
  /** The client authenticates itself. */
  | { readonly kind: 'client' }
  | { readonly kind: 'credentials'; readonly credentials: Credentials }

/** Sends the refresh token, the client or the user's credentials to the provider. */
export function askProvider(
  ports: Needs,
  connection: LiveConnection,
  by: { readonly provider: Provider; readonly evidence: Evidence },
): Promise<SendResult> {
  const { endpoint } = ports
  const { evidence } = by
  const { provider, client, params, providerData, attempt, grant } = connection
  const request = { provider, client, params, providerData, requestedScope: grant.requestedScope }
  switch (evidence.kind) {
    case 'refresh_token': {
      const ask = () => endpoint.refresh({ ...request, refreshToken: evidence.secret })
      return sendRefreshToken(ports, { ask, attempt, traits: by.provider.refresh })
    }
    case 'client':
      return askUnspent(ports, () => endpoint.fetchToken(request))
    case 'credentials': {
      const { credentials } = evidence
      const question = { provider, params, providerData, credentials }
      return askUnspent(ports, () => endpoint.checkCredentials(question))
    }
    default:
      return evidence satisfies never
  }
}

/** The request spends no one-time token, so it can be repeated. */
async function askUnspent(ports: Needs, ask: () => Promise<AttemptOutcome>): Promise<SendResult> {
  const first = await sendOnce(ports, ask)
  return hasNoResult(first.outcome) ? sendAgain(ports, ask, first.outcome) : first
}
