import type { LiveConnection } from '../core/connection.ts'
import type { Credentials } from '../core/credentials.ts'
import type { Provider } from '../core/provider.ts'
import type { AttemptOutcome } from '../core/refresh-outcome.ts'
import type { Secret } from '../core/secret.ts'
import type { Ports } from '../ports.ts'
import { type Presentation, presentToken, sendAgain, sendOnce } from './present-token.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'endpoint'>

/** What there is to show to the provider. */
export type Evidence =
  | { readonly kind: 'refresh_token'; readonly secret: Secret }
  /** The client's own word is enough. */
  | { readonly kind: 'client' }
  | { readonly kind: 'credentials'; readonly credentials: Credentials }

/** Asks the provider for what the connection lives on, by whatever it has to show. */
export function askProvider(
  ports: Needs,
  connection: LiveConnection,
  by: { readonly provider: Provider; readonly evidence: Evidence },
): Promise<Presentation> {
  const { provider, evidence } = by
  switch (evidence.kind) {
    case 'refresh_token':
      return presentToken(ports, connection, { provider, secret: evidence.secret })
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

/** Nothing is spent by asking: where the answer was lost, asking again is safe, and nothing stays open. */
async function askUnspent(ports: Needs, ask: () => Promise<AttemptOutcome>): Promise<Presentation> {
  const first = await sendOnce(ports, ask)
  const wasLost = first.outcome.kind === 'ambiguous' && first.outcome.mayReplay
  return { ...(wasLost ? await sendAgain(ports, ask) : first), unresolved: false }
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
