import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreError, type StoreFailure } from '../../../src/core/base/errors.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import type { Store, Writes } from '../../../src/ports/store.ts'
import { FileJournal } from '../../../src/store/journal.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { replayJournal } from '../../../src/vault/refresh/replay-journal.ts'
import { openVaultStore } from '../../support/open-vault-store.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import type { JournalEntry } from '../../../src/ports/journal.ts'

const entry = (n: number, size = 40): JournalEntry =>
  ({
    attempt: `att_${n}`,
    connectionId: `con_${n}`,
    grantId: `grt_${n}`,
    generation: 1,
    sentAt: 5,
    tokens: {
      accessToken: new Secret('a'.repeat(size)),
      tokenType: 'Bearer',
      expiresInSeconds: 60,
      refreshToken: new Secret(`refresh-${n}`),
      refreshTokenExpiresInSeconds: null,
      scope: null,
      providerData: {},
    },
  }) as unknown as JournalEntry

const REASONS: readonly StoreFailure[] = [
  'disk_full',
  'read_only',
  'io_error',
  'locked',
  'corrupt',
  'unreachable',
]

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'larder-journal-'))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

describe('the journal file', () => {
  test('a journal entry survives a restart, sealed, in preallocated space', async () => {
    await using vault = await openVaultStore({ dataDir })
    const path = join(dataDir, 'larder.journal')
    using journal = new FileJournal(dataDir, vault.sealer)
    const { length } = await readFile(path)
    expect(journal.keep(entry(1))).toBe(true)
    const content = await readFile(path)
    expect(content.length).toBe(length)
    expect(content.includes('refresh-1')).toBe(false)
    using again = new FileJournal(dataDir, vault.sealer)
    expect(again.entries.map(({ tokens }) => tokens.refreshToken?.expose())).toEqual(['refresh-1'])
  })

  test('a rotation in the journal survives the end of the process, and is stored once', async () => {
    await using vault = await openVaultStore({ dataDir })
    using journal = new FileJournal(dataDir, vault.sealer)
    expect(journal.note(entry(1))).toBe(true)
    expect(journal.keep(entry(1))).toBe(true)
    using again = new FileJournal(dataDir, vault.sealer)
    expect(again.entries.map(({ attempt }) => attempt)).toEqual(['att_1'])
  })

  test('a closed journal writes nothing, even if another file got its descriptor', async () => {
    await using vault = await openVaultStore({ dataDir })
    const journal = new FileJournal(dataDir, vault.sealer)
    journal.keep(entry(1))
    journal[Symbol.dispose]()
    const other = await open(join(dataDir, 'other'), 'w+')
    expect(journal.keep(entry(2))).toBe(false)
    journal.drop(entry(1))
    expect((await other.stat()).size).toBe(0)
    await other.close()
  })

  test('the journal drops only the entry that was saved', async () => {
    await using vault = await openVaultStore({ dataDir })
    using journal = new FileJournal(dataDir, vault.sealer)
    journal.keep(entry(1))
    journal.keep(entry(2))
    journal.drop(entry(1))
    using again = new FileJournal(dataDir, vault.sealer)
    expect(again.entries.map(({ attempt }) => attempt)).toEqual(['att_2'])
  })

  test('the journal reports that it is full, or that an entry is too large', async () => {
    await using vault = await openVaultStore({ dataDir })
    using journal = new FileJournal(dataDir, vault.sealer)
    expect(journal.keep(entry(0, 100_000))).toBe(false)
    const kept = Array.from({ length: 65 }, (_, n) => journal.keep(entry(n)))
    expect(kept.filter((safe) => safe).length).toBe(64)
    journal.drop(entry(7))
    expect(journal.keep(entry(100))).toBe(true)
  })

  test('the journal skips a damaged entry and reads the next entry', async () => {
    await using vault = await openVaultStore({ dataDir })
    const path = join(dataDir, 'larder.journal')
    {
      using journal = new FileJournal(dataDir, vault.sealer)
      journal.keep(entry(1))
      journal.keep(entry(2))
    }
    const content = await readFile(path)
    content[40] = (content[40] ?? 0) ^ 1
    await writeFile(path, content)
    using again = new FileJournal(dataDir, vault.sealer)
    expect(again.entries.map(({ attempt }) => attempt)).toEqual(['att_2'])
  })
})

describe('a rotation that the database cannot save', () => {
  test('a rotation that the database cannot save is served from the journal, and saved when the database works again', async () => {
    await using stage = await openStage()
    const { connection, family } = await stage.adopt()
    const disk = fill(stage)
    const result = await refresh(disk.ports, connection, 'asked')
    expect(result.kind).toBe('refreshed')
    const served = await getToken(disk.ports, OPERATOR, demand(connection.id))
    expect(served.connection.grant.generation).toBe(2)
    expect((await stage.stored(connection.id)).grant.generation).toBe(1)
    expect(disk.ports.journal.entries).toHaveLength(1)

    disk.free()
    await until(
      'it to be written',
      async () => (await stage.stored(connection.id)).grant.generation === 2,
    )
    await until('the journal to forget it', () => disk.ports.journal.entries.length === 0)
    const truth = await stage.provider.family(family)
    expect((await stage.stored(connection.id)).grant.refreshToken?.open().expose()).toBe(
      truth.current,
    )
    expect(truth.revoked).toBeNull()
  })

  test('a rotation that a full disk keeps from the database survives the end of the process', async () => {
    await using stage = await openStage()
    const { connection, family } = await stage.adopt()
    const disk = fill(stage)
    await refresh(disk.ports, connection, 'asked')
    // The next process has the same files and an empty memory.
    using journal = new FileJournal(stage.vault.dataDir, stage.vault.sealer)
    const ports = { ...stage.ports, journal }
    expect(await replayJournal(ports)).toBe(1)
    await until(
      'it to be written',
      async () => (await stage.stored(connection.id)).grant.generation === 2,
    )
    const truth = await stage.provider.family(family)
    expect((await stage.stored(connection.id)).grant.refreshToken?.open().expose()).toBe(
      truth.current,
    )
    disk.free()
  })

  test('a rotation is in the journal before its commit, and is removed after it', async () => {
    await using stage = await openStage()
    const { connection, family } = await stage.adopt()
    const { store } = stage.ports
    let noted: readonly JournalEntry[] = []
    let writes = 0
    const ports = {
      ...stage.ports,
      store: {
        ...store,
        write: <T>(work: (trx: Writes) => Promise<T>) => {
          // The second write commits the rotation.
          if (++writes === 2) noted = stage.ports.journal.entries
          return store.write(work)
        },
      },
    }
    expect((await refresh(ports, connection, 'asked')).kind).toBe('refreshed')
    const { current } = await stage.provider.family(family)
    expect(noted.map(({ tokens }) => tokens.refreshToken?.expose())).toEqual([current])
    expect(stage.ports.journal.entries).toEqual([])
  })

  test('a rotation that neither database nor journal can store is logged while it is only in memory', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    const journal = { ...stage.ports.journal, entries: [], note: () => false, keep: () => false }
    const disk = fill(stage)
    const ports = { ...disk.ports, journal: { ...journal, drop: () => {} } }
    const flight = refresh(ports, connection, 'asked')
    const told = () => stage.observed.filter(({ what }) => what.startsWith('rotation'))
    await until('it to be told', () => told().length > 0)
    const about = { id: connection.id, provider: connection.provider }
    expect(told()).toEqual([{ what: 'rotationInMemory', about }])
    disk.free()
    expect((await flight).kind).toBe('refreshed')
    expect(told()[1]).toEqual({ what: 'rotationSaved', about })
  })

  test.each(REASONS)(
    'a refresh sends nothing if its attempt cannot be committed: %s',
    async (reason) => {
      await using stage = await openStage()
      const { connection } = await stage.adopt()
      const disk = fill(stage, { writes: 0, error: new StoreError(reason, null) })
      await expect(refresh(disk.ports, connection, 'asked')).rejects.toMatchObject({ reason })
      expect(await stage.provider.requestCount()).toBe(0)
      const served = await getToken(disk.ports, OPERATOR, demand(connection.id))
      expect(served.connection.grant.generation).toBe(1)
      disk.free()
      expect((await refresh(disk.ports, connection, 'asked')).kind).toBe('refreshed')
    },
  )
})

describe('other outcomes that the database cannot save', () => {
  test('a failure that the database cannot save is returned to callers and saved later, without a second refresh', async () => {
    await using stage = await openStage({ provider: { refreshTokens: { replay: 'never' } } })
    const { connection, family } = await stage.adopt()
    const refused = await stage.provider.misbehave({ act: 'answer', status: 503, body: 'empty' })
    const disk = fill(stage)
    expect(await refresh(disk.ports, connection, 'asked')).toMatchObject({ kind: 'failed' })
    expect((await stage.stored(connection.id)).attempt).not.toBeNull()
    expect(await refresh(disk.ports, connection, 'forced')).toMatchObject({ kind: 'failed' })
    expect(await stage.provider.requests({ family })).toHaveLength(1)

    disk.free()
    await until('it to be written', async () => {
      return (await stage.stored(connection.id)).attempt === null
    })
    expect(await stage.stored(connection.id)).toMatchObject({ status: 'failing' })
    await stage.provider.behave(refused)
    expect(await refresh(disk.ports, connection, 'forced')).toMatchObject({ kind: 'refreshed' })
  })

  test('a refresh without a rotation that the database cannot save is served, and needs no journal entry', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    const disk = fill(stage)
    expect(await refresh(disk.ports, connection, 'asked')).toMatchObject({ kind: 'refreshed' })
    const served = await getToken(disk.ports, OPERATOR, demand(connection.id))
    expect(served.connection.grant.generation).toBe(2)
    disk.free()
    await until('it to be written', async () => {
      return (await stage.stored(connection.id)).grant.generation === 2
    })
    await until('the journal to forget it', () => disk.ports.journal.entries.length === 0)
  })

  test('a rotation survives a bug during the commit as it survives a full disk', async () => {
    await using stage = await openStage()
    const { connection, family } = await stage.adopt()
    const disk = fill(stage, { error: new TypeError('a fault') })
    expect(await refresh(disk.ports, connection, 'asked')).toMatchObject({ kind: 'refreshed' })
    expect(stage.observed.map(({ what }) => what)).toContain('refreshBroke')
    disk.free()
    await until('it to be written', async () => {
      return (await stage.stored(connection.id)).grant.generation === 2
    })
    const { current } = await stage.provider.family(family)
    expect((await stage.stored(connection.id)).grant.refreshToken?.open().expose()).toBe(current)
  })
})

function demand(id: Awaited<ReturnType<Stage['adopt']>>['connection']['id']) {
  return { target: { id }, minTtlSeconds: 60, rejected: null }
}

/** The stage with a store that fails after `writes` writes, as on a full disk. */
function fill(stage: Stage, failing: { readonly writes?: number; readonly error?: Error } = {}) {
  const { writes = 1, error = new StoreError('disk_full', null) } = failing
  const left = { writes }
  const store: Store = {
    ...stage.ports.store,
    write: async (work) => {
      if (left.writes-- <= 0) throw error
      return stage.ports.store.write(work)
    },
  }
  const ports = { ...stage.ports, store }
  const free = () => {
    left.writes = Number.POSITIVE_INFINITY
  }
  return { ports, free }
}

test('the data directory contains the journal', async () => {
  await using stage = await openStage()
  expect((await readdir(stage.vault.dataDir)).toSorted()).toContain('larder.journal')
})
