import { hash } from 'node:crypto'
import type Database from 'better-sqlite3'
import { OpenError } from '../open-error.ts'
import type { Schema } from '../schema.ts'

/** A hash of the schema after each migration. A test compares these with the migrations. */
export const SHAPES: Readonly<Record<string, string>> = {
  '0001-vault': '4ca282c1d2d18dc8',
  '0002-webhooks': 'c4592988b2575b5d',
  '0003-credentials': '336e2ef4f4ed6df5',
  '0004-foretold-ends': 'ede15cb7934aa3e5',
  '0005-flows-of-links': 'a2c63d84d2f19b83',
  '0006-row-seals': '4a713735b120dcd3',
  '0007-rejections': 'e5260642f0b69ea0',
  '0008-holds-of-webhooks': 'a8fd9a3a97c09a77',
  '0009-refresh-token-origins': 'b33d61f73025862f',
  '0010-no-lease-fence': 'aab92d23a6a5ba41',
  '0011-last-reads': '278ea27d6b099fb5',
  '0012-short-row-seals': '278ea27d6b099fb5',
  '0013-postgres': '278ea27d6b099fb5',
}

/**
 * Checks the schema. The file contains the schema as text, so one damaged bit can rename a column.
 * All values of that column then read as missing.
 */
export function assertShape(raw: Database.Database, lastStep: string | undefined): void {
  if (lastStep === undefined || shapeOf(raw) !== SHAPES[lastStep])
    throw new OpenError('corrupt', 'its tables are not its own')
}

/** Other tables, for example those of a replication tool, are ignored. */
const TABLES: Readonly<Record<keyof Schema, true>> = {
  vault: true,
  data_keys: true,
  api_keys: true,
  connections: true,
  refresh_token_hashes: true,
  connect_links: true,
  flows: true,
  waiting_grants: true,
  events: true,
  revocations: true,
  circuits: true,
  webhooks: true,
  webhook_holds: true,
}

const COLUMNS = `
  select t.name, c.name, lower(c.type), c."notnull", c.pk
  from sqlite_schema t, pragma_table_info(t.name) c
  where t.type = 'table'
  order by t.name, c.cid`

export function shapeOf(raw: Database.Database): string {
  const columns = raw.prepare(COLUMNS).raw().all() as readonly (readonly [string, ...unknown[]])[]
  const own = columns.filter(([table]) => Object.hasOwn(TABLES, table))
  return hash('sha256', JSON.stringify(own)).slice(0, 16)
}
