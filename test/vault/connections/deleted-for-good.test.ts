import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { expect, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { jobsOf } from '../../../src/jobs/jobs.ts'
import { ClockFollower } from '../../../src/vault/upkeep/follow-clock.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { deleteUser } from '../../../src/vault/connections/delete-user.ts'
import type { Schema } from '../../../src/store/schema.ts'
import { sqlite } from '../../store/databases.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

test('the sealed tokens of a deleted connection are gone from all files after the next heartbeat', async () => {
  await using stage = await openStage()
  const kept = await stage.adopt()
  const { connection } = await stage.adopt()
  const { refresh_token_blob: sealed } = await rowOf(stage, connection.id)
  const { refresh_token_blob: other } = await rowOf(stage, kept.connection.id)
  await deleteConnection(stage.ports, OPERATOR, { id: connection.id }, { revoke: false })
  // Deleted from the database file, but still in the write-ahead log.
  expect(filesWith(stage, sealed)).toEqual(['larder.db-wal'])
  const jobs = jobsOf(stage.ports, new ClockFollower(stage.ports, null))
  await jobs.find(({ name }) => name === 'heartbeat')?.run(new AbortController().signal)
  expect(filesWith(stage, sealed)).toEqual([])
  expect(filesWith(stage, other)).toEqual(['larder.db'])
})

test.each([
  ['connection', ({ ports }: Stage, { id }: LiveConnection) => removeOne(ports, id)],
  ['user', ({ ports }: Stage, { userId }: LiveConnection) => deleteUser(ports, OPERATOR, userId)],
])(
  'the deletion of a %s with thousands of hashes from an earlier version lets other work run',
  async (_, remove) => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    await sqlite.behind(stage.vault, (db) => fillAsBefore(db, connection.id, 2_000))
    let turns = 0
    const counting = setInterval(() => turns++, 0)
    await remove(stage, connection)
    clearInterval(counting)
    expect(turns).toBeGreaterThan(10)
  },
)

function removeOne(ports: Stage['ports'], id: ConnectionId) {
  return deleteConnection(ports, OPERATOR, { id }, { revoke: true })
}

/** Inserts hashes as an earlier version did, without origin and without a bound. */
async function fillAsBefore(db: Kysely<Schema>, id: ConnectionId, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (__, n) => ({
    hash: `old ${n}`,
    connection_id: id,
    created_at: n,
    arrived: null,
  }))
  await db.insertInto('refresh_token_hashes').values(rows).execute()
}

function rowOf(stage: Stage, id: string) {
  return sqlite.behind(stage.vault, (db) =>
    db
      .selectFrom('connections')
      .select('refresh_token_blob')
      .where('id', '=', id)
      .executeTakeFirstOrThrow(),
  )
}

function filesWith({ vault }: Stage, sealed: Uint8Array | null): readonly string[] {
  if (sealed === null) throw new Error('nothing is sealed')
  // The nonce: it is unique, and it never spans two pages.
  const needle = Buffer.from(sealed).subarray(17, 41)
  return readdirSync(vault.dataDir).filter((file) =>
    readFileSync(join(vault.dataDir, file)).includes(needle),
  )
}
