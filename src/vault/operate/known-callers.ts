import { hash, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../../core/base/access.ts'
import type { KeyId } from '../../core/base/ids.ts'
import type { Callers } from '../../ports/ports.ts'
import type { ApiKey } from '../../ports/store.ts'

const BOOTSTRAP: Caller = {
  keyId: 'bootstrap',
  permissions: ['admin'],
  providers: null,
  userIdPrefix: null,
}

type Known = { readonly digest: Buffer; readonly caller: Caller }
type Accepted = { readonly bearer: Buffer; readonly caller: Caller }

/**
 * The digests of all API keys, in memory, so that a token read needs no query for its key. Most apps
 * use one key, so the last accepted key is kept as it was sent: its digest would take a tenth of the
 * time of a cached token read.
 */
export class KnownCallers implements Callers {
  readonly #bootstrap: Buffer
  readonly #keys = new Map<string, Known>()
  #last: Accepted | null = null

  /** `bootstrapDigest`: SHA-256 of the settings' admin key. */
  constructor(bootstrapDigest: Buffer, live: readonly ApiKey[]) {
    this.#bootstrap = bootstrapDigest
    for (const key of live) this.learn(key)
  }

  authenticate(bearer: string): Caller | null {
    const given = Buffer.from(bearer)
    if (this.#last !== null && isSame(given, this.#last.bearer)) return this.#last.caller
    const caller = this.#callerOf(bearer)
    if (caller !== null) this.#last = { bearer: given, caller }
    return caller
  }

  #callerOf(bearer: string): Caller | null {
    const given = hash('sha256', bearer, 'buffer')
    if (timingSafeEqual(given, this.#bootstrap)) return BOOTSTRAP
    const known = this.#keys.get(bearer.slice(0, bearer.indexOf('.')))
    return known !== undefined && timingSafeEqual(given, known.digest) ? known.caller : null
  }

  learn({ id, hash: digest, permissions, providers, userIdPrefix }: ApiKey): void {
    this.#keys.set(id, {
      digest: Buffer.from(digest, 'base64url'),
      caller: { keyId: id, permissions, providers, userIdPrefix },
    })
  }

  forget(id: KeyId): void {
    this.#last = null
    this.#keys.delete(id)
  }
}

function isSame(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected)
}
