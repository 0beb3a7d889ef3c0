import type { Config } from './config/config.ts'
import type { ProviderId } from './core/base/ids.ts'
import type { Secret } from './core/base/secret.ts'
import type { WebhookId } from './core/events/webhook.ts'
import type { ConfiguredProviders } from './oauth/recipe/configure-providers.ts'
import type { Clock, Traffic } from './ports/ports.ts'
import type { TokenEndpoint } from './ports/token-endpoint.ts'
import { digestOfSecret } from './seal/open-settings.ts'
import type { OpenWebhooks } from './webhooks/deliver.ts'
import type { SecretsRead } from './config/keys/secret-file.ts'
import type { Events } from './observe/observed-events.ts'

type Needs = {
  readonly config: Pick<Config, 'readSecrets'>
  readonly configured: ConfiguredProviders
  readonly webhooks: OpenWebhooks
  readonly endpoint: Pick<TokenEndpoint, 'clientKey'>
  readonly traffic: Pick<Traffic, 'circuit' | 'turn'>
  readonly clock: Pick<Clock, 'now'>
  readonly events: Events
}

/**
 * Reads secret files again and replaces changed secrets. If the files are invalid, nothing changes.
 */
export function reloadSecrets(needs: Needs): void {
  const { config, configured, webhooks, events } = needs
  const read = config.readSecrets()
  const counts = { changed: 0, refused: 0 }
  const replace = (
    owner: 'provider' | 'webhook',
    found: SecretsRead,
    current: Current,
    put: Put,
  ) => {
    const { id, secrets, problems } = found
    if (problems.length > 0) {
      counts.refused++
      events.secretsRefused({ [owner]: id, problems })
    } else if (current !== null && !isSame(current, secrets)) {
      put(secrets)
      counts.changed++
      events.secretsChanged({ [owner]: id, count: secrets.length })
    }
  }
  for (const found of read.providers) {
    const id = found.id as ProviderId
    replace(
      'provider',
      found,
      configured.configured.get(id)?.client?.secrets ?? null,
      (secrets) => {
        configured.replaceSecrets(id, secrets)
        probeAtOnce(needs, id)
      },
    )
  }
  for (const found of read.webhooks) {
    const id = found.id as WebhookId
    const current = webhooks.endpoints.find((known) => known.id === id)?.secrets ?? null
    replace('webhook', found, current, (secrets) => webhooks.replaceSecrets(id, secrets))
  }
  events.secretsRead(counts)
}

type Current = readonly Secret[] | null
type Put = (secrets: readonly Secret[]) => void

function isSame(current: readonly Secret[], read: readonly Secret[]): boolean {
  const digests = read.map(digestOfSecret)
  return (
    current.length === read.length &&
    current.every((secret, index) => digestOfSecret(secret).equals(digests[index] ?? Buffer.of()))
  )
}

/** Allows a probe at once if the circuit is open because the provider refused the old secret. */
function probeAtOnce({ endpoint, traffic, clock }: Needs, provider: ProviderId): void {
  const circuit = traffic.circuit(provider, endpoint.clientKey(provider, null))
  if (circuit.open?.reason !== 'misconfigured') return
  traffic.turn({ ...circuit, open: { ...circuit.open, until: clock.now() } })
}
