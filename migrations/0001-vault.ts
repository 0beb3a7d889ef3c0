import type { Kysely } from 'kysely'
import { blobType } from './blob-type.ts'

type Db = Kysely<unknown>

/**
 * Times are milliseconds in `bigint`. Lists of ids and scopes are JSON text. A `…_blob` is sealed. A
 * newer version reads `vault` and `data_keys` before it migrates, so their columns must never change.
 */
export async function createVault(db: Db): Promise<void> {
  await createKeyTables(db)
  await createConnections(db)
  await indexConnections(db)
  await createRefreshTokenHashes(db)
  await createLinks(db)
  await createFlows(db)
  await createOutbox(db)
}

async function createKeyTables(db: Db): Promise<void> {
  const blob = blobType(db)
  await db.schema
    .createTable('vault')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('vault_id', 'text', (c) => c.notNull())
    .addColumn('key_check', blob, (c) => c.notNull())
    .addColumn('event_sequence', 'bigint', (c) => c.notNull())
    .addColumn('heartbeat_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('data_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('wrapped', blob, (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('retired_at', 'bigint')
    .execute()
  await db.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('key_blob', blob, (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute()
}

async function createConnections(db: Db): Promise<void> {
  const blob = blobType(db)
  await db.schema
    .createTable('connections')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('is_draft', 'integer', (c) => c.notNull())
    .addColumn('draft_replaces', 'text')
    .addColumn('profile_blob', blob, (c) => c.notNull())
    .addColumn('settings_blob', blob)
    .addColumn('client_secret_blob', blob)
    .addColumn('account_hash', 'text')
    .addColumn('grant_id', 'text')
    .addColumn('generation', 'bigint', (c) => c.notNull())
    .addColumn('requested_scope', 'text', (c) => c.notNull())
    .addColumn('scope', 'text', (c) => c.notNull())
    .addColumn('access_token_blob', blob)
    .addColumn('token_expires_at', 'bigint')
    .addColumn('refresh_token_blob', blob)
    .addColumn('refresh_token_expires_at', 'bigint')
    .addColumn('failure_reason', 'text')
    .addColumn('failure_detail', 'text')
    .addColumn('failure_since', 'bigint')
    .addColumn('failure_attempts', 'bigint')
    .addColumn('attempt_id', 'text')
    .addColumn('attempt_sent_at', 'bigint')
    .addColumn('lease_until', 'bigint')
    .addColumn('lease_fence', 'bigint', (c) => c.notNull())
    .addColumn('due_at', 'bigint')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addColumn('last_refreshed_at', 'bigint')
    .execute()
}

async function indexConnections(db: Db): Promise<void> {
  // One index per sort order. The final `id` lets SQLite read a page without a sort of the provider.
  await index(db, 'connections', ['user_id', 'provider', 'id'])
  await index(db, 'connections', ['provider', 'id'])
  await index(db, 'connections', ['provider', 'due_at', 'id'])
  await index(db, 'connections', ['provider', 'status', 'is_draft', 'id'])
  await index(db, 'connections', ['provider', 'account_hash', 'id'])
  await index(db, 'connections', ['attempt_sent_at'])
}

async function createRefreshTokenHashes(db: Db): Promise<void> {
  await db.schema
    .createTable('refresh_token_hashes')
    .addColumn('hash', 'text', (c) => c.primaryKey())
    .addColumn('connection_id', 'text', (c) =>
      c.notNull().references('connections.id').onDelete('cascade'),
    )
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()
  await index(db, 'refresh_token_hashes', ['connection_id'])
  await index(db, 'refresh_token_hashes', ['created_at'])
}

async function createLinks(db: Db): Promise<void> {
  const blob = blobType(db)
  await db.schema
    .createTable('connect_links')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('secret_hash', 'text', (c) => c.notNull().unique())
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('reconnects', 'text')
    .addColumn('request_blob', blob, (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('connection_id', 'text')
    .addColumn('completion_hash', 'text')
    .addColumn('confirm_before', 'bigint')
    .addColumn('last_error', 'text')
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await index(db, 'connect_links', ['user_id'])
  await index(db, 'connect_links', ['reconnects'])
  await index(db, 'connect_links', ['confirm_before'])
  await index(db, 'connect_links', ['expires_at'])
}

async function createFlows(db: Db): Promise<void> {
  const blob = blobType(db)
  await db.schema
    .createTable('flows')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('state_hash', 'text', (c) => c.notNull().unique())
    .addColumn('browser_hash', 'text')
    .addColumn('flow_blob', blob, (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await index(db, 'flows', ['expires_at'])
  await db.schema
    .createTable('waiting_grants')
    .addColumn('link_id', 'text', (c) =>
      c.primaryKey().references('connect_links.id').onDelete('cascade'),
    )
    .addColumn('connection_id', 'text', (c) => c.notNull())
    .addColumn('grant_blob', blob, (c) => c.notNull())
    .addColumn('sent_at', 'bigint', (c) => c.notNull())
    .execute()
  await index(db, 'waiting_grants', ['connection_id'])
}

async function createOutbox(db: Db): Promise<void> {
  const blob = blobType(db)
  await db.schema
    .createTable('events')
    .addColumn('sequence', 'bigint', (c) => c.primaryKey())
    .addColumn('id', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text')
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('body_blob', blob, (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute()
  await index(db, 'events', ['created_at'])
  await db.schema
    .createTable('revocations')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('settings_blob', blob, (c) => c.notNull())
    .addColumn('refresh_token_blob', blob)
    .addColumn('access_token_blob', blob)
    .addColumn('attempts', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .execute()
  await index(db, 'revocations', ['due_at'])
  await db.schema
    .createTable('circuits')
    .addColumn('provider', 'text', (c) => c.notNull())
    .addColumn('client', 'text', (c) => c.notNull())
    .addColumn('failures', 'bigint', (c) => c.notNull())
    .addColumn('open_reason', 'text')
    .addColumn('open_since', 'bigint')
    .addColumn('open_until', 'bigint')
    .addPrimaryKeyConstraint('circuits_key', ['provider', 'client'])
    .execute()
}

async function index(db: Db, table: string, columns: readonly string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_${columns.join('_')}`)
    .on(table)
    .columns([...columns])
    .execute()
}
