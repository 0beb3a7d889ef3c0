import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/observe/system-clock.ts'
import { ClockFollower } from '../../src/vault/upkeep/follow-clock.ts'
import { Lanes } from '../../src/vault/refresh/lanes.ts'
import { fillVault, secretsIn, type Shown, show, wordsIn } from '../store/full-vault.ts'
import { openVaultStore } from '../support/open-vault-store.ts'
import { chance } from '../scripted-provider/seed.ts'

export type BytesReport = {
  readonly fileBytes: number
  readonly flipped: number
  /** The start failed with an error that names the damage, and did not change the file. */
  readonly refused: number
  /** The vault opened and reported damage to one row. The other rows were unchanged. */
  readonly detected: number
  /** The vault opened without a report: one row has other unsealed values, its sealed values are right. */
  readonly altered: number
  readonly unharmed: number
  readonly faults: readonly string[]
}

export type BytesOptions = {
  /** 1 for each byte; n for every n-th byte, from the first one on. */
  readonly every: number
  readonly seed: string
  readonly progress?: (flipped: number, of: number) => void
}

/** Flips a bit in one byte at a time of a small vault's file and opens the vault each time. */
export async function flipBytes({ every, seed, progress }: BytesOptions): Promise<BytesReport> {
  const directory = await mkdtemp(join(tmpdir(), 'larder-bytes-'))
  const dataDir = join(directory, 'data')
  try {
    const { file, whole } = await makeVault(dataDir)
    const counts = { refused: 0, detected: 0, altered: 0, unharmed: 0 }
    const faults: string[] = []
    let flipped = 0
    for (let at = 0; at < file.length; at += every) {
      const spoilt = Buffer.from(file)
      const bit = Math.floor(chance(seed, `bit of ${at}`) * 8)
      spoilt[at] = (spoilt[at] ?? 0) ^ (1 << bit)
      const found = await lookInto(dataDir, spoilt, whole)
      if (found.kind === 'wrong') faults.push(`byte ${at}, bit ${bit}: ${found.why}`)
      else counts[found.kind]++
      flipped++
      progress?.(flipped, Math.ceil(file.length / every))
    }
    return { fileBytes: file.length, flipped, ...counts, faults }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function makeVault(
  dataDir: string,
): Promise<{ readonly file: Buffer; readonly whole: Shown }> {
  {
    await using vault = await openVaultStore({ dataDir })
    await fillVault(vault.store)
  }
  const file = await readFile(join(dataDir, 'larder.db'))
  await using vault = await openVaultStore({ dataDir })
  return { file, whole: await show(vault.store) }
}

type Found =
  | { readonly kind: 'refused' | 'detected' | 'altered' | 'unharmed' }
  | { readonly kind: 'wrong'; readonly why: string }

const REFUSALS = ['OpenError', 'WrongKeyError', 'SealError']

async function lookInto(dataDir: string, file: Buffer, whole: Shown): Promise<Found> {
  await rm(dataDir, { recursive: true, force: true })
  await mkdir(dataDir)
  const path = join(dataDir, 'larder.db')
  await writeFile(path, file)
  try {
    return await readAll(dataDir, whole)
  } catch (error) {
    if (!(error instanceof Error) || !REFUSALS.includes(error.name)) {
      return { kind: 'wrong', why: `it threw: ${String(error)}` }
    }
    const isKept = (await readFile(path)).equals(file)
    return isKept ? { kind: 'refused' } : { kind: 'wrong', why: 'it was refused and changed' }
  }
}

/** Reads as a start does: first the clock, then the rows. */
async function readAll(dataDir: string, whole: Shown): Promise<Found> {
  await using vault = await openVaultStore({ dataDir })
  const traffic = new Lanes(systemClock, { concurrencyPerProvider: 4, ratePerSecond: 10 }, [])
  const needs = { store: vault.store, clock: systemClock, traffic }
  const setBackBy = await new ClockFollower(needs, vault.lastAliveAt).follow()
  const seen = await show(vault.store)
  const strangers = [...seen].filter(([at, text]) => isForeign(text, whole.get(at), whole))
  if (strangers.length > 0) return wrong('shows what is not its own', strangers)
  const changed = [...whole].filter(([at, text]) => seen.get(at) !== text)
  if (new Set(changed.map(rowOf)).size > 1) return wrong('are harmed together', changed)
  if (vault.unreadable.length > 0 || !vault.indexesFit || setBackBy !== 0)
    return { kind: 'detected' }
  return { kind: changed.length > 0 ? 'altered' : 'unharmed' }
}

/** Whether the text holds a value of another row, or one that was never written. */
function isForeign(text: string, own: string | undefined, whole: Shown): boolean {
  // A row whose id was damaged is compared with the row that has its name.
  const [name = ''] = wordsIn(text)
  const before = own ?? [...whole.values()].find((one) => name !== '' && one.includes(name)) ?? ''
  const known = [...wordsIn(before), ...secretsIn(before)]
  return [...wordsIn(text), ...secretsIn(text)].some((value) => !known.includes(value))
}

/** A connection is shown twice, by its id and in the list. */
function rowOf([at]: readonly [string, string]): string {
  return at.replace(/^listed\//, 'connections/')
}

function wrong(why: string, rows: readonly (readonly [string, string])[]): Found {
  return { kind: 'wrong', why: `${rows.map(([at]) => at).join(', ')} ${why}` }
}
