import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { importTokens, type TokenImport } from '../../../src/vault/import/import-tokens.ts'
import { ACME, NOTHING, OPERATOR, type Stage } from '../../support/vault-stage.ts'

export function importWith(stage: Stage, demand: Partial<TokenImport>) {
  return importTokens(stage.ports, OPERATOR, {
    ...NOTHING,
    userId: 'user-1' as UserId,
    provider: ACME,
    ...demand,
  })
}

export function secret(value: string | undefined): Secret {
  return new Secret(value ?? '')
}

export function all(stage: Stage) {
  const anything = { userId: null, provider: null, status: null, expiringBefore: null, after: null }
  return stage.ports.store.listConnections({ ...anything, limit: 100, reach: OPERATOR })
}
