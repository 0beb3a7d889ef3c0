import { clientName, ownClientKey } from '../../core/connection/client-key.ts'
import type { ClientCredentials } from '../../core/connection/connection.ts'
import { SealError } from '../../core/base/errors.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Sealer } from '../../ports/ports.ts'
import type { TokenEndpoint } from '../../ports/token-endpoint.ts'
import type { Means } from './means.ts'

/** Makes names and keys that identify clients. See `TokenEndpoint`. */
export function clientKeys(
  { configured }: Pick<Means, 'configured'>,
  { fingerprint }: Pick<Sealer, 'fingerprint'>,
): Pick<TokenEndpoint, 'clientName' | 'clientKey'> {
  const printOf = (name: string, secret: Secret | null) =>
    secret === null ? NO_SECRET : fingerprint(`own-client/v1/${name}`, secret)
  const nameOf: TokenEndpoint['clientName'] = (provider, client) =>
    clientName(provider, client?.id ?? configured.get(provider)?.client?.id ?? '')

  /** Whether a connection's own client is the configured client: same id and a known secret. */
  const isConfigured = (provider: ProviderId, { id }: ClientCredentials, print: string) => {
    const client = configured.get(provider)?.client ?? null
    if (client === null || client.id !== id) return false
    const secrets = client.secrets.length === 0 ? [null] : client.secrets
    return secrets.some((secret) => printOf(clientName(provider, id), secret) === print)
  }
  return {
    clientName: nameOf,
    clientKey: (provider, client) => {
      const name = nameOf(provider, client)
      if (client === null) return name
      const secret = openedSecret(client)
      const print = secret === 'unreadable' ? secret : printOf(name, secret)
      return isConfigured(provider, client, print) ? name : ownClientKey(name, print)
    },
  }
}

const NO_SECRET = 'none'

function openedSecret({ secret }: ClientCredentials): Secret | null | 'unreadable' {
  try {
    return secret === null ? null : secret.open()
  } catch (error) {
    if (error instanceof SealError) return 'unreadable'
    throw error
  }
}
