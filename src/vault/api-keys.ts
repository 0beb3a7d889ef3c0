import type { Permission } from '../core/access.ts'
import type { KeyId, ProviderId } from '../core/ids.ts'
import type { ApiKey, Ports } from '../ports.ts'

/** The key is shown once; only its SHA-256 is kept. */
export async function createApiKey(
  _ports: Ports,
  _demand: {
    readonly name: string
    readonly permissions: readonly Permission[]
    readonly providers: readonly ProviderId[] | null
    readonly userIdPrefix: string | null
  },
): Promise<{ readonly key: ApiKey; readonly secret: string }> {
  throw new Error('not written yet')
}

export async function listApiKeys(_ports: Ports): Promise<readonly ApiKey[]> {
  throw new Error('not written yet')
}

/** The next request with it is unauthenticated. */
export async function revokeApiKey(_ports: Ports, _id: KeyId): Promise<void> {
  throw new Error('not written yet')
}
