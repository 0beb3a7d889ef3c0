import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Sealer } from '../../ports/ports.ts'
import { FileJournal, JOURNAL_FILE } from '../journal.ts'
import type { VaultDatabase } from '../vault-database.ts'
import { type Counts, copyVault } from './copy-vault.ts'
import { verifyCopy } from './verify-copy.ts'

/** Why a vault was not moved. The source is unchanged then. */
export class MoveError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MoveError'
  }
}

/**
 * Copies a vault into an empty database, checks the copy, and then retires the source, so that it
 * cannot be started by mistake. `dataDir` holds the journal, which must be empty: its rotations are
 * of the source. Throws `MoveError`.
 */
export async function moveVault(at: {
  readonly source: VaultDatabase
  readonly target: VaultDatabase
  readonly sealer: Sealer
  readonly dataDir: string
}): Promise<Counts> {
  const { source, target, sealer, dataDir } = at
  if (target.keys !== null) throw new MoveError('the target holds a vault already')
  assertJournalEmpty(dataDir, sealer)
  const counts = await source.readTables(async (from) => {
    let copied: Counts | undefined
    await target.createFrom(async (to) => {
      copied = await copyVault(from, to)
      const problem = await verifyCopy(to, sealer, copied)
      if (problem !== null) throw new MoveError(`the copy is not complete: ${problem}`)
    })
    return copied
  })
  if (counts === undefined) throw new Error('nothing was copied')
  await source.retire()
  return counts
}

function assertJournalEmpty(dataDir: string, sealer: Sealer): void {
  if (!existsSync(join(dataDir, JOURNAL_FILE))) return
  using journal = new FileJournal(dataDir, sealer)
  if (journal.entries.length === 0) return
  throw new MoveError(
    'the journal holds rotations: start Larder and stop it, so that they are stored',
  )
}
