import type { Caller, Permission } from '../../core/base/access.ts'
import { VaultError } from '../../core/base/errors.ts'
import { type KeyId, newId, parseKeyId, type ProviderId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ApiKey } from '../../ports/store.ts'
import { digest } from '../../core/base/digest.ts'
import { parseCursor } from '../connections/parse-cursor.ts'

/** Returns the key once and stores only its SHA-256. The key contains its id, for the lookup. */
export async function createApiKey(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'callers' | 'observer'>,
  caller: Caller,
  demand: {
    readonly name: string
    readonly permissions: readonly Permission[]
    readonly providers: readonly ProviderId[] | null
    readonly userIdPrefix: string | null
  },
): Promise<{ readonly key: ApiKey; readonly secret: string }> {
  const now = ports.clock.now()
  const id = newId('key', now, ports.random.bytes(10))
  const secret = `${id}.${Buffer.from(ports.random.bytes(32)).toString('base64url')}`
  const key: ApiKey = { ...demand, id, hash: digest(secret), createdAt: now, revokedAt: null }
  await ports.store.write((trx) => trx.insertApiKey(key))
  ports.observer.keyCreated({ key: id, by: caller.keyId })
  ports.callers.learn(key)
  return { key, secret }
}

/** Lists keys in the order of their creation, including recently revoked ones. */
export async function listApiKeys(
  ports: Pick<Ports, 'store'>,
  demand: { readonly cursor: string | null; readonly limit: number },
): Promise<{ readonly items: readonly ApiKey[]; readonly nextCursor: string | null }> {
  const after = parseCursor(demand.cursor, parseKeyId)
  const { keys, next } = await ports.store.apiKeys({ after, limit: demand.limit })
  return { items: keys, nextCursor: next }
}

/** From the next request on, the key is rejected. */
export async function revokeApiKey(
  ports: Pick<Ports, 'clock' | 'store' | 'callers' | 'observer'>,
  caller: Caller,
  id: KeyId,
): Promise<void> {
  const { won } = await ports.store.write((trx) => trx.revokeApiKey(id, ports.clock.now()))
  if (won) ports.observer.keyRevoked({ key: id, by: caller.keyId })
  // Do this even if the write changed nothing: an earlier call may have failed between its write
  // and this line.
  ports.callers.forget(id)
  if (!won) throw new VaultError('not_found', 'no such key')
}
