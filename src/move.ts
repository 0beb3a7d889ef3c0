import { loadConfig } from './config/config.ts'
import { surroundings } from './config/config-sources.ts'
import type { EnvironmentVariables } from './config/environment.ts'
import { openKeyring } from './seal/keyring.ts'
import { createSealer } from './seal/sealer.ts'
import type { Counts } from './store/move/copy-vault.ts'
import { MoveError, moveVault } from './store/move/move-vault.ts'
import { openPostgres } from './store/postgres/open-postgres.ts'
import { openEmptySqlite, openSqlite } from './store/sqlite/open-sqlite.ts'

export type MoveTarget = 'postgres' | 'sqlite'

/**
 * Moves the vault of the settings between the data directory and the PostgreSQL database of
 * `LARDER_DATABASE_URL`. The daemon must not run. Throws `MoveError` and `OpenError`; the source is
 * unchanged then.
 */
export async function move(to: MoveTarget, variables: EnvironmentVariables): Promise<Counts> {
  const config = loadConfig(variables, surroundings())
  const { dataDir, database } = config
  if (database === null)
    throw new MoveError('LARDER_DATABASE_URL must name the PostgreSQL database')
  await using file = await (to === 'postgres' ? openSqlite(dataDir) : openEmptySqlite(dataDir))
  await using server = await openPostgres(database)
  const [source, target] = to === 'postgres' ? [file, server] : [server, file]
  if (source.keys === null) throw new MoveError('there is no vault to move')
  using keyring = await openKeyring(config.masterKey.take(), source.keys)
  return await moveVault({ source, target, sealer: createSealer(keyring), dataDir })
}
