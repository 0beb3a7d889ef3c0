import { createHash } from 'node:crypto'
import { inject } from 'vitest'
import { openShared } from '../../src/store/postgres/open-postgres.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { PostgresSettings } from '../../src/ports/database-settings.ts'
import type { VaultDatabase } from '../../src/store/vault-database.ts'
import { holdVault, type VaultHold } from '../../src/store/postgres/hold-vault.ts'
import { connectionConfig } from '../../src/store/postgres/settings.ts'
import { queryPostgres } from './postgres.ts'

/** Returns the URL of the database that belongs to a vault of this run. */
export function postgresUrlOf(dataDir: string): string {
  const url = new URL(inject('postgresUrl'))
  url.pathname = `/${databaseOf(dataDir)}`
  return url.href
}

function databaseOf(dataDir: string): string {
  return `vault_${createHash('sha256').update(dataDir).digest('hex').slice(0, 24)}`
}

export function postgresSettings(url: string): PostgresSettings {
  return {
    url: new Secret(url),
    tls: 'disable',
    ca: null,
    poolSize: 10,
    statementTimeoutMs: 5_000,
  }
}

/** Opens the vault of a directory in a database of its own, which is created if it is not there. */
export async function openPostgresVault(
  dataDir: string,
  sharing: 'alone' | 'shared' = 'alone',
): Promise<VaultDatabase> {
  await createDatabase(dataDir)
  const settings = postgresSettings(postgresUrlOf(dataDir))
  const alone = () => holdVault(connectionConfig(settings))
  const hold = sharing === 'alone' ? alone : async () => NO_HOLD
  return openShared(settings, { hold, allowsNoFsync: true })
}

const NO_HOLD: VaultHold = {
  ensure: () => null,
  claim: async () => {},
  [Symbol.asyncDispose]: async () => {},
}

async function createDatabase(dataDir: string): Promise<void> {
  const name = databaseOf(dataDir)
  const found = `select 1 from pg_database where datname = '${name}'`
  const url = inject('postgresUrl')
  if ((await queryPostgres(url, found)).length > 0) return
  await queryPostgres(url, `create database ${name}`)
}

export async function dropPostgresVault(dataDir: string): Promise<void> {
  const name = databaseOf(dataDir)
  await queryPostgres(inject('postgresUrl'), `drop database if exists ${name} with (force)`)
}
