import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrations } from '../../migrations/index.ts'
import { openVaultStore } from '../../test/support/open-vault-store.ts'
import type { Bench } from '../scenario.ts'
import { connectionOf } from './connections.ts'

const IN_ONE_TRANSACTION = 2_000
const TOLD_EVERY = 100_000

const CACHE =
  process.env['LARDER_BENCH_CACHE'] ?? fileURLToPath(new URL('../../.tmp/bench', import.meta.url))

/**
 * The data directory of a vault with `size` connections. It is filled once for each schema, through
 * the store, and kept. Copy it before use.
 */
export async function filledVault(size: number, { tell }: Pick<Bench, 'tell'>): Promise<string> {
  const step = Object.keys(migrations).at(-1) ?? ''
  const directory = join(CACHE, `vault-${step}-${size}`)
  if (existsSync(directory)) return directory
  const partial = `${directory}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true })
  tell(`filling a vault with ${size} connections: ${directory}`)
  await fill(partial, size, tell)
  await rename(partial, directory)
  return directory
}

async function fill(dataDir: string, size: number, tell: Bench['tell']): Promise<void> {
  // Disposal moves the write-ahead log into the database.
  await using vault = await openVaultStore({ dataDir, cacheBytes: 2 ** 20 })
  const now = Date.now()
  for (let n = 0; n < size; n += IN_ONE_TRANSACTION) {
    const end = Math.min(size, n + IN_ONE_TRANSACTION)
    await vault.store.write(async (trx) => {
      for (let one = n; one < end; one++) await trx.insertConnection(connectionOf(one, now))
    })
    if (end % TOLD_EVERY === 0) tell(`${end} connections`)
  }
}

/** Copies a filled vault. On file systems with shared blocks, the copy takes no time. */
export async function copyVault(size: number, to: string, bench: Bench): Promise<void> {
  const from = await filledVault(size, bench)
  if (process.platform === 'linux') execFileSync('cp', ['-r', '--reflink=auto', from, to])
  else execFileSync('cp', ['-R', from, to])
}

/** The bytes of the database of a filled vault, without its log. */
export async function databaseBytes(size: number, bench: Bench): Promise<number> {
  const { size: bytes } = await stat(join(await filledVault(size, bench), 'larder.db'))
  return bytes
}
