import type { ConnectionId } from '../../src/core/base/ids.ts'
import type { Revocation } from '../../src/core/connection/revocation.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { ACME } from './make-link.ts'

/** A revocation with a value in every field. */
export function makeRevocation(name: string, changes: Partial<Revocation> = {}): Revocation {
  return {
    id: `rev_${name}`,
    provider: ACME,
    client: { id: 'client-1', secret: new Secret('client-secret') },
    params: { tenant: 'contoso' },
    providerData: { instance: 'eu1' },
    refreshToken: new Secret(`refresh ${name}`),
    accessToken: new Secret(`access ${name}`),
    accountId: 'acc-1',
    formerHolder: 'con_1' as ConnectionId,
    attempts: 0,
    createdAt: 1,
    dueAt: 1,
    ...changes,
  }
}
