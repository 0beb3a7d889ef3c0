import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { isLive } from '../../src/core/connection/connection.ts'
import { openVaultStore } from '../support/open-vault-store.ts'
import type { StoredToken } from '../scripted-provider/checker/observations.ts'
import type { FamilyId } from '../scripted-provider/ledger.ts'

/**
 * Result of SQLite's integrity check: `ok`, an error text, or `absent` if there is no vault yet. Checks
 * a copy, so that the next start finds the files as the crash left them.
 */
export async function integrityOf(dataDir: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'larder-copy-'))
  try {
    const names = (await readdir(dataDir)).filter((name) => /^larder\.db(-wal)?$/.test(name))
    if (!names.includes('larder.db')) return 'absent'
    for (const name of names) await cp(join(dataDir, name), join(copy, name))
    const raw = new Database(join(copy, 'larder.db'), { fileMustExist: true })
    try {
      return String(raw.pragma('integrity_check', { simple: true }))
    } finally {
      raw.close()
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/** Whether the database has every rotation that was in the journal. */
export async function isJournalEmpty(dataDir: string): Promise<boolean> {
  const slots = await readFile(join(dataDir, 'larder.journal'))
  return slots.equals(Buffer.alloc(slots.length))
}

const ALL = {
  userId: null,
  provider: null,
  status: null,
  expiringBefore: null,
  after: null,
  limit: 100_000,
  reach: { providers: null, userIdPrefix: null },
} as const

/** The refresh tokens in a vault that no process has open. The user id is the family id. */
export async function storedTokensOf(dataDir: string): Promise<readonly StoredToken[]> {
  await using vault = await openVaultStore({ dataDir })
  const connections = await vault.store.listConnections(ALL)
  return connections.flatMap((connection) => {
    const refreshToken = isLive(connection) ? connection.grant.refreshToken : null
    if (refreshToken === null) return []
    const family = connection.userId as string as FamilyId
    return [{ family, refreshToken: refreshToken.open().expose() }]
  })
}
