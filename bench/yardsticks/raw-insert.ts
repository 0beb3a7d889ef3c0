import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'

const IN_TRANSACTION = 500
const SEALED_BYTES = 300

/**
 * The least work of an import: for each line one row of a connection, one of a token hash and one of
 * an event, with better-sqlite3 in durable transactions of hundreds. Returns the seconds.
 */
export function insertRows(count: number): number {
  const directory = mkdtempSync(join(tmpdir(), 'larder-raw-'))
  try {
    const database = new Database(join(directory, 'raw.db'))
    database.pragma('journal_mode = wal')
    database.pragma('synchronous = full')
    database.exec(SCHEMA)
    const inserts = INSERTS.map((text) => database.prepare(text))
    const sealed = Buffer.alloc(SEALED_BYTES)
    const began = performance.now()
    for (let from = 0; from < count; from += IN_TRANSACTION) {
      database.transaction(() => {
        for (let n = from; n < Math.min(from + IN_TRANSACTION, count); n++) {
          const [id, hash] = [`con_${n}`, `${(n * 2_654_435_761) % 2 ** 32}`]
          inserts[0]?.run(id, `user-${n}`, 'acme', hash, n, sealed, sealed, sealed)
          inserts[1]?.run(hash, id, n)
          inserts[2]?.run(n, id, sealed)
        }
      })()
    }
    const seconds = (performance.now() - began) / 1_000
    database.close()
    return seconds
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const SCHEMA = `
  create table connections (
    id text primary key, user_id text, provider text, account_hash text, due_at integer,
    profile blob, access_token blob, refresh_token blob);
  create index by_user on connections (user_id, provider, id);
  create index by_due on connections (provider, due_at, id);
  create index by_account on connections (provider, account_hash, id);
  create table hashes (hash text primary key, connection_id text, created_at integer);
  create index by_connection on hashes (connection_id, created_at);
  create table events (sequence integer primary key, subject text, body blob);
  create index by_subject on events (subject, sequence)`

const INSERTS = [
  'insert into connections values (?, ?, ?, ?, ?, ?, ?, ?)',
  'insert into hashes values (?, ?, ?)',
  'insert into events values (?, ?, ?)',
]
