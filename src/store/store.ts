import type { Kysely } from 'kysely'
import { LostWriteError, StoreError } from '../core/base/errors.ts'
import type { Instant } from '../core/base/ids.ts'
import type { Clock, Random, Sealer } from '../ports/ports.ts'
import type { FileCheck, FileCheckResult } from '../ports/file-check.ts'
import type { Reads, Store, Writes } from '../ports/store.ts'
import { apiKeyReads, apiKeyWrites } from './queries/api-keys.ts'
import { attemptReads, attemptWrites } from './queries/attempts.ts'
import { cachedReads } from './queries/cached-reads.ts'
import { censusReads } from './queries/census.ts'
import { circuitReads, circuitWrites } from './queries/circuits.ts'
import { ConnectionCache } from './cache/connection-cache.ts'
import { connectionWrites } from './queries/connection-writes.ts'
import { connectionReads } from './queries/connections.ts'
import type { ChangeLog, ReadContext, ReadRows, WriteContext } from './context.ts'
import { endingGrantReads } from './queries/ending-grants.ts'
import { eventReads, eventWrites } from './queries/events.ts'
import { flowWrites, waitingGrantReads } from './queries/flows.ts'
import { EventBuffer } from './event-buffer.ts'
import { GroupCommit, type GroupLimits, type Session } from './group-commit.ts'
import { Guard, type StoreReport } from './store-failures.ts'
import { keyReads, keyWrites } from './queries/keys.ts'
import { linkReads, linkWrites } from './queries/links.ts'
import { outboxWrites } from './queries/revocations.ts'
import { refreshTokenReads, refreshTokenWrites } from './queries/refresh-token-hashes.ts'
import type { Unreadable } from './rows/row-cipher.ts'
import type { Schema } from './schema.ts'
import { reSealWrites } from './queries/re-seal.ts'
import { SharedProbe } from './cache/shared-probe.ts'
import { sweepWrites } from './queries/sweep.ts'
import { clockSetBackWrites, everyConnectionReads } from './queries/clock-set-back.ts'
import { webhookReads, webhookWrites } from './queries/webhooks.ts'

const DEFAULT_CACHE_BYTES = 64 * 2 ** 20

export type StoreOptions = Partial<StoreReport> & {
  readonly sealer: Sealer
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly random: Pick<Random, 'bytes'>
  readonly cacheBytes?: number
  /** Called for each sealed value that does not open, at each read. */
  readonly onUnreadable?: (unreadable: Unreadable) => void
}

/** The parts of a store that depend on the SQL dialect. */
export type Opened = {
  /** Returns a `StoreError` for a database failure, and any other error unchanged. */
  readonly sortError: (error: unknown) => unknown
  /** Called before each write. Returns null once the preparation has succeeded. */
  readonly prepareWriting?: () => Promise<void> | null
  readonly checker: Checker
  /** By default, such a read waits for its turn like all others. */
  readonly readRows?: ReadRows
  /** Whether transactions run at the same time, so that each locks what it reads. */
  readonly locks?: boolean
  /** By default, one group of 64 writes at a time. */
  readonly groups?: GroupLimits
  readonly logBytes: () => number
  /** Moves the write-ahead log into the database and empties it. */
  readonly emptyLog: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Checks the whole database, beside the reads and writes. */
export type Checker = {
  readonly last: FileCheck
  check(ending: AbortSignal): Promise<FileCheckResult | null>
  /** Called for the first damage that a read or write finds. */
  suspect(): void
}

export function createStore(db: Kysely<Schema>, options: StoreOptions & Opened): Store {
  const { clock, random, onUnreadable = () => undefined } = options
  const cipher = { sealer: options.sealer, onUnreadable }
  const cache = new ConnectionCache(options.cacheBytes ?? DEFAULT_CACHE_BYTES)
  const { prepareWriting = () => null, checker } = options
  const guard = new Guard(options.sortError, { ...options, onDamaged: () => checker.suspect() })
  const { locks = false } = options
  const openSession = (): Session => {
    const changes: ChangeLog = { connections: new Set(), owners: new Set() }
    const events = locks ? new EventBuffer(cipher, random) : null
    return {
      writesOf: (trx) => writes({ db: trx, cipher, random, changes, locks, events }),
      beforeWrite: () => events?.mark(),
      undo: () => events?.backToMark(),
      beforeCommit: async (trx) => events?.flush(trx),
      end: () => cache.evict(changes),
    }
  }
  const groups = new GroupCommit(db, openSession, options.groups)
  const { readRows = async (query) => (await db.executeQuery(query)).rows } = options

  const transact = <T>(work: (trx: Writes) => Promise<T>): Promise<T> =>
    guard.attempt(async () => {
      // Skip the await if there is nothing to prepare: the store could be closed during the await.
      const preparing = prepareWriting()
      if (preparing !== null) await preparing
      return groups.write((trx) => guard.inside(() => work(trx)))
    })

  const probe = async (): Promise<void> => {
    await guard.outside(async () => {
      await prepareWriting()
      await heartbeat(db, clock.now())
    })
    guard.assertWhole()
    guard.noteWritten()
  }
  const shared = new SharedProbe(clock, probe)
  const write = async <T>(work: (trx: Writes) => Promise<T>): Promise<T> => {
    try {
      const result = await retryWhileLocked(clock, () => retryOnceIfLost(() => transact(work)))
      shared.noteWrite(false)
      guard.noteWritten()
      return result
    } catch (error) {
      guard.noteFailure(error)
      if (error instanceof StoreError) shared.noteWrite(true)
      throw error
    }
  }
  let closing: Promise<void> | undefined
  return {
    ...guardedReads(reads({ db, cipher }), guard),
    ...cachedReads({ db, cipher, readRows }, cache, guard),
    write,
    get lastCheck() {
      return checker.last
    },
    check: async (ending) => {
      const result = await checker.check(ending)
      // The damaged index may have hidden connections from a cached list.
      if (result === 'indexes_rebuilt') cache.clear()
      if (result === 'damaged') guard.noteDamage()
      return result
    },
    logBytes: options.logBytes,
    emptyLog: async () => {
      if (options.logBytes() > 0) await guard.outside(options.emptyLog)
    },
    probe,
    sharedProbe: async () => {
      // The last outcome may be older than the damage.
      guard.assertWhole()
      await shared.outcome()
      // A read may have found damage since the probe.
      guard.assertWhole()
    },
    [Symbol.asyncDispose]: () => {
      guard.close()
      closing ??= groups.idle().then(options.close)
      return closing
    },
  }
}

/**
 * Writes the time, to check that the database accepts writes. Only `endWaits` sets the stored time
 * back.
 */
export async function heartbeat(db: Kysely<Schema>, now: Instant): Promise<void> {
  await db
    .updateTable('vault')
    .set((eb) => ({
      heartbeat_at: eb
        .case()
        .when('heartbeat_at', '>', now)
        .then(eb.ref('heartbeat_at'))
        .else(now)
        .end(),
    }))
    .execute()
}

function reads(context: ReadContext): Reads {
  return {
    ...connectionReads(context),
    ...attemptReads(context),
    ...refreshTokenReads(context),
    ...linkReads(context),
    ...waitingGrantReads(context),
    ...eventReads(context),
    ...webhookReads(context),
    ...apiKeyReads(context),
    ...circuitReads(context),
    ...censusReads(context),
    ...everyConnectionReads(context),
    ...keyReads(context),
    ...endingGrantReads(context),
  }
}

function writes(context: WriteContext): Writes {
  return {
    ...reads(context),
    ...connectionWrites(context),
    ...attemptWrites(context),
    ...refreshTokenWrites(context),
    ...linkWrites(context),
    ...flowWrites(context),
    ...eventWrites(context),
    ...webhookWrites(context),
    ...outboxWrites(context),
    ...apiKeyWrites(context),
    ...circuitWrites(context),
    ...sweepWrites(context),
    ...clockSetBackWrites(context),
    ...reSealWrites(context),
    ...keyWrites(context),
  }
}

type AnyRead = (...args: readonly unknown[]) => Promise<unknown>

function guardedReads(unguarded: Reads, guard: Guard): Reads {
  const guarded = Object.entries(unguarded).map(([name, read]: [string, AnyRead]) => [
    name,
    (...args: readonly unknown[]) => guard.outside(() => read(...args)),
  ])
  return Object.fromEntries(guarded) as Reads
}

/** Waits between tries of a write while the database is locked, about three seconds in total. */
const LOCKED_WAITS_MS = [50, 100, 200, 400, 800, 1_600]

/** Retries a lost write once. The second run reads the row of the write that won. */
async function retryOnceIfLost<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof LostWriteError)) throw error
    return work()
  }
}

/** Sleeps between tries, because the driver's own wait blocks the event loop. */
async function retryWhileLocked<T>(
  clock: Pick<Clock, 'sleep'>,
  work: () => Promise<T>,
): Promise<T> {
  for (const waitMs of LOCKED_WAITS_MS) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreError) || error.reason !== 'locked') throw error
      await clock.sleep(waitMs)
    }
  }
  return work()
}
