import { expect, test } from 'vitest'
import type { ConnectionId, UserId } from '../../src/core/base/ids.ts'
import { draftFromClient } from '../../src/vault/import/import-machine.ts'
import { importDraft } from '../../src/vault/import/keep-draft.ts'
import { deleteConnection } from '../../src/vault/connections/delete-connection.ts'
import { refreshNow } from '../../src/vault/tokens/refresh-now.ts'
import { OPERATOR } from '../support/vault-stage.ts'
import { type ContractStage, openContractStage } from './contract-stage.ts'
import type { Dialect } from './dialect.ts'
import { dialects } from './dialects/index.ts'
import { withoutConsent } from './dialects/without-consent.ts'
import { connect } from './walk.ts'

// Vendors with only one valid token per user or account and client.

const user = (number: number) => `user-${number}` as UserId

async function tokenIds(stage: ContractStage, ids: readonly ConnectionId[]) {
  const stored = await Promise.all(ids.map((id) => stage.stored(id)))
  return stored.map(({ grant }) => grant.token?.tokenId)
}

test.each(['zoom', 'notion'])(
  'two connections to one %s account share a grant, and only the last deletion revokes it',
  async (id) => {
    await using stage = await openContractStage(id, dialects[id] as Dialect)
    const first = await connect(stage, { userId: user(1) })
    const second = await connect(stage, { userId: user(2) })
    const [a, b] = await tokenIds(stage, [first, second])
    expect(a).toBe(b)
    await refreshNow(stage.ports, OPERATOR, second)
    const [renewed, shared] = await tokenIds(stage, [first, second])
    expect(renewed).toBe(shared)
    expect(renewed).not.toBe(a)
    const remove = (one: ConnectionId) =>
      deleteConnection(stage.ports, OPERATOR, { id: one }, { revoke: true })
    expect(await remove(first)).toEqual({ revocation: 'skipped' })
    expect(await remove(second)).toEqual({ revocation: 'queued' })
  },
)

const MACHINE = withoutConsent['zoom-server-to-server'] as Dialect

const connectClient = (stage: ContractStage, userId: UserId, demand = {}) =>
  importDraft(
    stage.ports,
    draftFromClient(stage.ports, OPERATOR, {
      userId,
      provider: stage.id,
      email: null,
      accountId: null,
      params: {},
      label: null,
      metadata: null,
      scope: null,
      client: null,
      ...demand,
    }),
  )

test.each([
  ['from the settings', {}],
  ['named in the connection', { params: { accountId: 'acc_1' } }],
  ['under another name of the app’s', { accountId: 'our name for it' }],
])('machine connections to one Zoom account (%s) share one token', async (_title, demand) => {
  await using stage = await openContractStage('zoom-server-to-server', MACHINE)
  const first = (await connectClient(stage, user(1))).connection.id
  const second = (await connectClient(stage, user(2), demand)).connection.id
  const [a, b] = await tokenIds(stage, [first, second])
  expect(a).toBe(b)
  await refreshNow(stage.ports, OPERATOR, first)
  const [renewed, shared] = await tokenIds(stage, [first, second])
  expect(renewed).toBe(shared)
  expect(renewed).not.toBe(a)
})
