import type { ProviderId } from '../../core/base/ids.ts'
import type { Sealed } from '../../core/base/secret.ts'
import type { SecretInUse } from '../../ports/token-endpoint.ts'
import type { ConfiguredProviders } from '../recipe/configure-providers.ts'
import type { Observer } from '../../ports/observer.ts'

type Accepted = { readonly secrets: readonly (Sealed | null)[]; readonly index: number }

/** Tracks which of several secrets of a configured client its provider accepts. */
export class SecretsInUse {
  readonly #configured: ConfiguredProviders['configured']
  readonly #observer: Pick<Observer, 'clientSecretSwitched'> | undefined
  readonly #accepted = new Map<ProviderId, Accepted>()

  constructor(
    configured: ConfiguredProviders['configured'],
    observer: Pick<Observer, 'clientSecretSwitched'> | undefined,
  ) {
    this.#configured = configured
    this.#observer = observer
  }

  /** Records an accepted secret by its index in the list that was tried. */
  accept(provider: ProviderId, secrets: readonly (Sealed | null)[], index: number): void {
    // Ignore a request that began before the secrets were replaced.
    if (this.#configured.get(provider)?.client?.secrets !== secrets) return
    const known = this.#accepted.get(provider)
    const before = known?.secrets === secrets ? known.index : 0
    this.#accepted.set(provider, { secrets, index })
    const count = secrets.length
    if (index !== before) this.#observer?.clientSecretSwitched({ provider, index, count })
  }

  of(provider: ProviderId): SecretInUse | null {
    const secrets = this.#configured.get(provider)?.client?.secrets ?? []
    if (secrets.length === 0) return null
    const known = this.#accepted.get(provider)
    return { index: known?.secrets === secrets ? known.index : null, count: secrets.length }
  }
}
