import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { openStage } from '../../support/vault-stage.ts'

// A refresh of an unreadable row begins nothing and writes nothing false.

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'larder-unreadable-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

test.each(['client_secret_blob', 'settings_blob', 'refresh_token_blob'])(
  'a refresh of a row with an unreadable %s sends nothing, and is retried once the value opens',
  async (column) => {
    const id = await adopted()
    const mend = damage(id, column)
    {
      await using stage = await openStage({ dataDir })
      const before = await stage.stored(id)
      expect(await refresh(stage.ports, before, 'scheduled')).toMatchObject({ kind: 'ended' })
      const after = await stage.stored(id)
      expect(after).toMatchObject({ status: 'disconnected', attempt: null })
      expect(after.failure?.reason).toBe('unreadable')
      expect(after.dueAt).toBeGreaterThan(stage.clock.now())
      expect(await stage.provider.requestCount()).toBe(0)
      expect(stage.observed.map(({ what }) => what)).not.toContain('refreshBroke')
    }
    mend()
    await using stage = await openStage({ dataDir })
    await refresh(stage.ports, await stage.stored(id), 'scheduled')
    // It is sent now, although this provider does not know the token.
    expect(await stage.provider.requestCount()).toBe(1)
  },
)

async function adopted(): Promise<ConnectionId> {
  await using stage = await openStage({ dataDir })
  const client = { id: 'their-client', secret: new Secret('their-secret') }
  const { connection } = await stage.adopt({ demand: { client } })
  return connection.id
}

/** Returns a function that repairs the damage. */
function damage(id: ConnectionId, column: string): () => void {
  using db = openFile()
  const found = db.raw.prepare(`select ${column} as blob from connections where id = ?`).get(id)
  const { blob } = found as { readonly blob: Buffer }
  const set = (value: Buffer) => {
    using open = openFile()
    open.raw.prepare(`update connections set ${column} = ? where id = ?`).run(value, id)
  }
  const broken = Buffer.from(blob)
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1
  set(broken)
  return () => set(blob)
}

function openFile() {
  const raw = new Database(join(dataDir, 'larder.db'))
  return { raw, [Symbol.dispose]: () => void raw.close() }
}
