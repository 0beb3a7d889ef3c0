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

/** What proves the connection to the provider. */
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
  const { provider, evidence } = by
  switch (evidence.kind) {
    case 'refresh_token':
      return sendRefreshToken(ports, connection, { provider, secret: evidence.secret })
    case 'client':
      return askUnspent(ports, () => ports.endpoint.fetchToken(fetchRequest(connection)))
    case 'credentials':
      return askUnspent(ports, () =>
        ports.endpoint.checkCredentials(checkRequest(connection, evidence.credentials)),
      )
    default:
      return evidence satisfies never
  }
}

/** The request spends nothing, so a second one is safe. */
async function askUnspent(ports: Needs, ask: () => Promise<AttemptOutcome>): Promise<SendResult> {
  const first = await sendOnce(ports, ask)
  return hasNoResult(first.outcome) ? sendAgain(ports, ask, first.outcome) : first
}

function fetchRequest({ provider, client, params, providerData, grant }: LiveConnection) {
  return { provider, client, params, providerData, requestedScope: grant.requestedScope }
}

function checkRequest(
  { provider, params, providerData }: LiveConnection,
  credentials: Credentials,
) {
  return { provider, params, providerData, credentials }
}
