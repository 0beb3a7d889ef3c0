import { hash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLive } from '../../src/core/connection/connection.ts'
import { SealError } from '../../src/core/base/errors.ts'
import { type ConnectionId, newId, type UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { openVaultStore } from '../support/open-vault-store.ts'
import { EVERYTHING } from '../store/damaged-vault.ts'
import { chance } from '../scripted-provider/seed.ts'

export type DamageReport = {
  readonly rounds: number
  /** The start failed with an error that names the damage. */
  readonly refused: number
  /** The vault opened and reported unreadable values, or refused a read. */
  readonly detected: number
  /** The vault opened and served only right values. */
  readonly unharmed: number
  /** The vault opened in the state before the last writes, because the end of the WAL was lost. */
  readonly older: number
  readonly faults: readonly string[]
}

const SAVED = 20
const IN_LOG = 20
const PAGE_BYTES = 4096

/** Damages a vault in a different way each round and opens it. Every wrong value must be reported. */
export async function damageManyTimes(rounds: number, seed: string): Promise<DamageReport> {
  const whole = await mkdtemp(join(tmpdir(), 'larder-whole-'))
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-damaged-'))
  try {
    const vaults = await makeVaults(whole)
    const report = { rounds, refused: 0, detected: 0, unharmed: 0, older: 0 }
    const faults: string[] = []
    for (let round = 0; round < rounds; round++) {
      const vault = vaults[round % vaults.length] ?? fail()
      await rm(dataDir, { recursive: true })
      await cp(vault.path, dataDir, { recursive: true })
      const what = await spoil(dataDir, vault.files, `${seed} ${round}`)
      const found = await lookInto(dataDir, vault.saved)
      if (found.kind === 'wrong') faults.push(`${seed} ${round}, ${what}: ${found.why}`)
      else report[found.kind]++
    }
    return { ...report, faults }
  } finally {
    await Promise.all([whole, dataDir].map((path) => rm(path, { recursive: true, force: true })))
  }
}

type Vault = {
  readonly path: string
  readonly files: readonly string[]
  /** Rows in the database file itself, not only in its WAL. */
  readonly saved: number
}

/** Makes a vault at rest, and one as a crash leaves it, with half of its rows in the WAL. */
async function makeVaults(directory: string): Promise<readonly Vault[]> {
  const [live, killed, atRest] = ['live', 'killed', 'at-rest'].map((name) => join(directory, name))
  if (live === undefined || killed === undefined || atRest === undefined) return fail()
  await insert(live, { from: 0, count: SAVED })
  await insert(live, {
    from: SAVED,
    count: IN_LOG,
    before: () => cp(live, killed, { recursive: true }),
  })
  await cp(live, atRest, { recursive: true })
  await rm(join(killed, 'larder.db-shm'))
  return [
    { path: atRest, files: ['larder.db'], saved: SAVED + IN_LOG },
    { path: killed, files: ['larder.db', 'larder.db-wal'], saved: SAVED },
  ]
}

async function insert(
  dataDir: string,
  rows: { readonly from: number; readonly count: number; readonly before?: () => Promise<void> },
): Promise<void> {
  await using vault = await openVaultStore({ dataDir })
  for (let n = rows.from; n < rows.from + rows.count; n++) {
    await vault.store.write((trx) => trx.insertConnection(connection(n)))
  }
  await rows.before?.()
}

function connection(n: number) {
  const token = makeToken({ secret: new Secret(accessToken(idOf(n))) })
  return makeConnection({
    id: idOf(n),
    userId: `user-${n}` as UserId,
    grant: makeGrant({ token, refreshToken: new Secret(refreshToken(idOf(n))) }),
  })
}

const idOf = (n: number): ConnectionId => newId('con', 1_000 + n, new Uint8Array(10))
const accessToken = (id: string): string => `access token of ${id}`
const refreshToken = (id: string): string => `refresh token of ${id}`

type Spoil = (content: Buffer, at: (share: number) => number) => Buffer

const SPOILS: Readonly<Record<string, Spoil>> = {
  'a bit flipped': (content, at) => {
    const place = at(0)
    content[place] = (content[place] ?? 0) ^ (1 << at(8))
    return content
  },
  'a page overwritten': (content, at) => {
    const page = Math.floor(at(0) / PAGE_BYTES) * PAGE_BYTES
    return fillWithNoise(content, page, page + PAGE_BYTES)
  },
  'a page zeroed': (content, at) => {
    const page = Math.floor(at(0) / PAGE_BYTES) * PAGE_BYTES
    return content.fill(0, page, Math.min(page + PAGE_BYTES, content.length))
  },
  'its end cut off': (content, at) => content.subarray(0, at(0)),
}

/** Damages one file. Returns what was done to which file. */
async function spoil(dataDir: string, files: readonly string[], seed: string): Promise<string> {
  const pick = <T>(label: string, all: readonly T[]): T => {
    const one = all[Math.floor(chance(seed, label) * all.length)]
    if (one === undefined) throw new Error('nothing to pick from')
    return one
  }
  const file = pick('file', files)
  const how = pick('how', Object.keys(SPOILS))
  const path = join(dataDir, file)
  const content = await readFile(path)
  const at = (bound: number): number => {
    return Math.floor(chance(seed, `at ${bound}`) * (bound === 0 ? content.length : bound))
  }
  await writeFile(path, SPOILS[how]?.(content, at) ?? content)
  return `${how} in ${file}`
}

function fillWithNoise(content: Buffer, from: number, to: number): Buffer {
  for (let at = from; at < Math.min(to, content.length); at += 32) {
    content.set(hash('sha256', `noise ${at}`, 'buffer').subarray(0, content.length - at), at)
  }
  return content
}

type Found =
  | { readonly kind: 'refused' | 'detected' | 'unharmed' | 'older' }
  | { readonly kind: 'wrong'; readonly why: string }

/** Names of the errors with which a start refuses a vault. */
const REFUSALS = ['OpenError', 'StoreError', 'WrongKeyError', 'SealError']

async function lookInto(dataDir: string, saved: number): Promise<Found> {
  const before = await digestOf(dataDir)
  try {
    return await readAll(dataDir, saved)
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown'
    if (!REFUSALS.includes(name)) return { kind: 'wrong', why: `it threw: ${String(error)}` }
    const isKept = name !== 'OpenError' || (await digestOf(dataDir)) === before
    return isKept
      ? { kind: 'refused' }
      : { kind: 'wrong', why: 'it refused a vault and changed it' }
  }
}

async function digestOf(dataDir: string): Promise<string> {
  return hash('sha256', await readFile(join(dataDir, 'larder.db')))
}

async function readAll(dataDir: string, saved: number): Promise<Found> {
  await using vault = await openVaultStore({ dataDir })
  let [right, lost] = [0, 0]
  for (let n = 0; n < SAVED + IN_LOG; n++) {
    const row = await orNull(vault.store.connection(idOf(n)))
    if (row === null || !isLive(row)) {
      lost++
      continue
    }
    const { token, refreshToken: sealed } = row.grant
    const shown = token?.secret.expose() ?? null
    if (shown !== null && shown !== accessToken(row.id)) return wrong(row.id)
    const opened = openOrNull(sealed)
    if (opened !== null && opened !== refreshToken(row.id)) return wrong(row.id)
    if (shown !== null && opened !== null) right++
  }
  // A row whose id was damaged can only be found through the list.
  await orNull(vault.store.listConnections(EVERYTHING))
  const all = SAVED + IN_LOG
  if (right === all) return { kind: 'unharmed' }
  if (vault.unreadable.length > 0 || right + lost < all) return { kind: 'detected' }
  // Rows are missing but nothing is unreadable: right only if the WAL was cut.
  return right >= saved ? { kind: 'older' } : { kind: 'wrong', why: `${lost} rows are missing` }
}

function wrong(id: string): Found {
  return { kind: 'wrong', why: `${id} shows a token that is not its own` }
}

/** Returns null for a read that the database refuses: the damage was detected. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof Error && error.name === 'StoreError') return null
    throw error
  }
}

function openOrNull(sealed: { open(): Secret } | null): string | null {
  try {
    return sealed?.open().expose() ?? null
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}

function fail(): never {
  throw new Error('there is no such vault')
}
