import { hash, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../core/access.ts'
import type { Callers } from '../ports.ts'
import type { Store } from '../ports/store.ts'

const BOOTSTRAP: Caller = {
  keyId: 'bootstrap',
  permissions: ['admin'],
  providers: null,
  userIdPrefix: null,
}

type Known = { readonly digest: Buffer; readonly caller: Caller }

/** The keys, as digests in memory: a read of a token asks no database for them. */
export class KnownCallers implements Callers {
  readonly #store: Store
  readonly #bootstrap: Buffer
  #keys: ReadonlyMap<string, Known> = new Map()

  /** `bootstrapDigest`: SHA-256 of the settings' admin key. */
  constructor(store: Store, bootstrapDigest: Buffer) {
    this.#store = store
    this.#bootstrap = bootstrapDigest
  }

  authenticate(bearer: string): Caller | null {
    const given = hash('sha256', bearer, 'buffer')
    if (timingSafeEqual(given, this.#bootstrap)) return BOOTSTRAP
    const known = this.#keys.get(bearer.slice(0, bearer.indexOf('.')))
    return known !== undefined && timingSafeEqual(given, known.digest) ? known.caller : null
  }

  async reload(): Promise<void> {
    const keys = await this.#store.apiKeys()
    const live = keys.filter(({ revokedAt }) => revokedAt === null)
    this.#keys = new Map(
      live.map(({ id, hash: digest, permissions, providers, userIdPrefix }) => [
        id,
        {
          digest: Buffer.from(digest, 'base64url'),
          caller: { keyId: id, permissions, providers, userIdPrefix },
        },
      ]),
    )
  }
}
