import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ConnectionId, UserId } from '../../../src/core/base/ids.ts'
import { createLink } from '../../../src/vault/connect/create-link.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { digest } from '../../../src/core/base/digest.ts'
import { openLink } from '../../../src/vault/connect/open-link.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { withdrawLink } from '../../../src/vault/connect/withdraw-link.ts'
import { downgradeTo } from '../../crash/older-vault.ts'
import { sqlite } from '../../store/databases.ts'
import { linkDemand } from '../../support/link-demand.ts'
import {
  connectTwo,
  importMinted,
  openSiblingStage,
  refreshTokenOf,
  storedAll,
} from '../siblings-stage.ts'
import { ACME, openStage, OPERATOR, OTHER, type Stage } from '../../support/vault-stage.ts'

type Change = Parameters<Parameters<typeof sqlite.behind>[1]>[0]

const behind = <T>(stage: Stage, work: (db: Change) => Promise<T>): Promise<T> =>
  sqlite.behind(stage.vault, work)

describe('an attacker who can write the database but has no key', () => {
  test.each([
    ['the hash of an account', ['account_hash']],
    ['hash and profile', ['account_hash', 'profile_blob']],
    ['hash, profile and seal', ['account_hash', 'profile_blob', 'row_blob']],
  ] as const)(
    'a row that gets %s of another row receives no token of that account',
    async (_, columns) => {
      await using stage = await openSiblingStage()
      const [victim] = await connectTwo(stage)
      if (victim === undefined) throw new Error('no victim')
      const [minted] = await stage.provider.mintGrants(1)
      const { connection: own } = await importMinted(stage, minted, {})
      await behind(stage, async (db) => {
        const from = db.selectFrom('connections').select(columns).where('id', '=', victim.id)
        const copied = await from.executeTakeFirstOrThrow()
        await db.updateTable('connections').set(copied).where('id', '=', own.id).execute()
      })
      for (const one of [victim, own]) await refresh(stage.ports, one, 'forced')
      const [after, sibling] = await storedAll(stage, await allOf(stage, ['user-1', 'user-2']))
      expect(refreshTokenOf(after)).toBe(refreshTokenOf(sibling))
      const [intruder] = await stage.ports.store.connectionsOf('user-3' as UserId, ACME)
      const served = JSON.stringify([intruder, openedOf(intruder)])
      expect(served).not.toContain(refreshTokenOf(after))
      expect(after?.grant.generation).toBe(victim.grant.generation + 1)
    },
  )

  test.each([
    ['status', { status: 'pending' }],
    ['status and expiry', { status: 'pending', expires_at: 2 ** 45 }],
    ['secret', { secret_hash: digest('chosen') }],
    [
      'status, expiry and secret',
      { status: 'pending', expires_at: 2 ** 45, secret_hash: digest('chosen') },
    ],
  ])('a withdrawn link whose %s was overwritten does not open', async (_, changed) => {
    await using stage = await openStage()
    const { link, url } = await createLink(stage.ports, OPERATOR, linkDemand())
    const secret = url.slice(url.lastIndexOf('/') + 1)
    expect((await openLink(stage.ports, secret)).link.id).toBe(link.id)
    await withdrawLink(stage.ports, OPERATOR, link.id)
    await behind(stage, (db) => db.updateTable('connect_links').set(changed).execute())
    for (const known of [secret, 'chosen']) {
      await expect(openLink(stage.ports, known)).rejects.toMatchObject({ code: 'not_found' })
    }
  })

  test('a queued revocation whose provider was overwritten sends its token to neither provider', async () => {
    await using stage = await openStage()
    const { connection, family } = await stage.adopt()
    await deleteConnection(stage.ports, OPERATOR, { id: connection.id }, { revoke: true })
    const rename = (provider: string) =>
      behind(stage, (db) => db.updateTable('revocations').set({ provider }).execute())
    await rename(OTHER)
    await deliverRevocations(stage.ports)
    expect((await stage.provider.family(family)).revoked).toBeNull()
    expect(stage.observed).toContainEqual(expect.objectContaining({ what: 'revocationFailed' }))
    await rename(ACME)
    stage.clock.pass(3_600_000)
    await deliverRevocations(stage.ports)
    expect((await stage.provider.family(family)).revoked?.cause).toBe('revocation_endpoint')
  })

  test('a row that gets the open attempt of another row does not receive its rotation', async () => {
    await using stage = await openStage()
    const { connection: own } = await stage.adopt()
    const attempt_id = 'att_of_another' as never
    await behind(stage, (db) =>
      db
        .updateTable('connections')
        .set({ attempt_id, attempt_sent_at: stage.clock.now() })
        .where('id', '=', own.id)
        .execute(),
    )
    expect(await stage.ports.store.connectionOfAttempt(attempt_id)).toBeNull()
  })
})

describe('a vault from before there were row seals', () => {
  test('a vault of an earlier version without row seals opens completely, and a seal removed later makes its row unreadable', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'larder-upgrade-'))
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
    const ids = await (async (): Promise<readonly ConnectionId[]> => {
      await using stage = await openStage({ dataDir })
      const adopted = [await stage.adopt(), await stage.adopt()]
      await createLink(stage.ports, OPERATOR, linkDemand())
      return adopted.map(({ connection }) => connection.id)
    })()
    await downgradeTo('0005-flows-of-links', dataDir)
    await using stage = await openStage({ dataDir })
    const [kept, stripped] = ids.map((id) => id)
    for (const id of ids) {
      expect(await stage.stored(id)).toMatchObject({ status: 'active', failure: null })
      expect(refreshTokenOf(await stage.stored(id))).not.toBeNull()
    }
    await behind(stage, (db) =>
      db
        .updateTable('connections')
        .set({ row_blob: null })
        .where('id', '=', stripped ?? ids[0] ?? ('' as never))
        .execute(),
    )
    await stage[Symbol.asyncDispose]()
    await using again = await openStage({ dataDir })
    expect((await again.stored(kept ?? ('' as never))).status).toBe('active')
    expect(await again.stored(stripped ?? ('' as never))).toMatchObject({
      status: 'disconnected',
      failure: { reason: 'unreadable' },
    })
  })
})

async function allOf(stage: Stage, users: readonly string[]) {
  const lists = users.map((user) => stage.ports.store.connectionsOf(user as UserId, ACME))
  return (await Promise.all(lists)).flat() as Parameters<typeof storedAll>[1]
}

function openedOf(connection: unknown): unknown {
  try {
    return refreshTokenOf(connection as never)
  } catch {
    return null
  }
}
