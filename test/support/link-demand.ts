import type { UserId } from '../../src/core/ids.ts'
import type { LinkDemand } from '../../src/vault/create-link.ts'
import { ACME } from './vault-stage.ts'

/** A link that asks for nothing in particular. */
export function linkDemand(demand: Partial<LinkDemand> = {}): LinkDemand {
  return {
    userId: 'user-1' as UserId,
    providers: [ACME],
    redirectUrl: null,
    scope: null,
    email: null,
    expectedAccount: null,
    state: null,
    label: null,
    displayName: null,
    metadata: null,
    connectionId: null,
    client: null,
    params: {},
    ttlSeconds: 900,
    confirm: null,
    ...demand,
  }
}
