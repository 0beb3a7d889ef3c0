import { expect, test } from 'vitest'
import { isLive, UNKNOWN_OWNER } from '../../src/core/connection/connection.ts'
import { SealError } from '../../src/core/base/errors.ts'
import type { ConnectionId, UserId } from '../../src/core/base/ids.ts'
import type { Sealer } from '../../src/ports/ports.ts'
import type { Store, Writes } from '../../src/ports/store.ts'
import { deliverRevocations } from '../../src/vault/connections/deliver-revocations.ts'
import { refresh } from '../../src/vault/refresh/refresh.ts'
import { walkConsent } from '../support/consent-walk.ts'
import { openStage, type Stage } from '../support/vault-stage.ts'
import { connectTwo, openSiblingStage } from './siblings-stage.ts'

test('a reconnect revokes the old access token if the old refresh token does not open', async () => {
  await using stage = await openStage()
  const userId = 'user-1' as UserId
  const { connection, account, family } = await stage.adopt({ demand: { userId } })
  await stage.provider.setAccount(account)
  const ports = { ...stage.ports, store: withDamagedRefreshTokens(stage.ports.store) }
  await walkConsent({ ...stage, ports }, { userId, connectionId: connection.id })
  await deliverRevocations(stage.ports)
  expect((await stage.provider.family(family)).revoked?.cause).toBe('revocation_endpoint')
})

test('a refresh sends nothing and fails if the stored refresh tokens cannot be compared', async () => {
  await using stage = await openSiblingStage()
  const [first] = await connectTwo(stage)
  if (first?.grant.kind !== 'oauth') throw new Error('not connected')
  const older = { ...first, grant: { ...first.grant, owner: UNKNOWN_OWNER } }
  await stage.ports.store.write((trx) => trx.saveConnection(first, older))
  const before = await stage.provider.requestCount()
  const ports = { ...stage.ports, sealer: withoutFingerprints(stage) }
  await expect(refresh(ports, await stage.stored(first.id), 'asked')).rejects.toThrow('no memory')
  expect(await stage.provider.requestCount()).toBe(before)
})

function withDamagedRefreshTokens(store: Store): Store {
  return {
    ...store,
    write: (work) =>
      store.write((trx) => work({ ...trx, connection: (id) => damagedConnection(trx, id) })),
  }
}

async function damagedConnection(trx: Writes, id: ConnectionId): ReturnType<Writes['connection']> {
  const found = await trx.connection(id)
  if (found === null || !isLive(found) || found.grant.kind !== 'oauth') return found
  return { ...found, grant: { ...found.grant, refreshToken: { open: refuseToOpen } } }
}

function refuseToOpen(): never {
  throw new SealError('damaged')
}

function withoutFingerprints({ ports: { sealer } }: Stage): Sealer {
  return {
    seal: (value, place) => sealer.seal(value, place),
    open: (blob, place) => sealer.open(blob, place),
    isCurrent: (blob) => sealer.isCurrent(blob),
    fingerprint: () => {
      throw new Error('no memory')
    },
  }
}
