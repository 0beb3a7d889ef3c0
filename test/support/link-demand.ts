import type { UserId } from '../../src/core/base/ids.ts'
import { ACME } from './vault-stage.ts'
import type { LinkRequest } from '../../src/vault/connect/request-problems.ts'

/** The request for a link, with defaults. */
export function linkDemand(demand: Partial<LinkRequest> = {}): LinkRequest {
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
