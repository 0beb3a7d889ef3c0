import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { openStage } from '../../support/vault-stage.ts'

// What a refresh makes of a row that does not open: nothing is begun, and nothing false is written.

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'larder-unreadable-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

test.each(['client_secret_blob', 'settings_blob', 'refresh_token_blob'])(
  'of which %s does not open is told so, sends nothing, and is looked at again',
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
    // It is asked for again, whatever this provider makes of a token that it does not know.
    expect(await stage.provider.requestCount()).toBe(1)
  },
)

async function adopted(): Promise<ConnectionId> {
  await using stage = await openStage({ dataDir })
  const client = { id: 'their-client', secret: new Secret('their-secret') }
  const { connection } = await stage.adopt({ demand: { client } })
  return connection.id
}

/** Answers how to undo it. */
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
