import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { OPERATOR, type Stage } from '../../support/vault-stage.ts'

export function read(stage: Stage, { id }: Pick<LiveConnection, 'id'>) {
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 60, rejected: null })
}

export async function tokenRequests(stage: Stage): Promise<number> {
  return (await stage.provider.requests({ endpoint: 'token' })).length
}
