import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Ports } from '../../../src/ports/ports.ts'
import { createApiKey } from '../../../src/vault/operate/api-keys.ts'
import { createLink } from '../../../src/vault/connect/create-link.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import {
  renewDataKey,
  renewDataKeyWhenDue,
  reSealRetired,
} from '../../../src/vault/upkeep/renew-data-key.ts'
import { sqlite } from '../../store/databases.ts'
import { linkDemand } from '../../support/link-demand.ts'
import type { Deed } from '../../scripted-provider/misbehaviour.ts'
import { until } from '../../support/until.ts'
import { SEALED_COLUMNS } from '../../store/full-vault.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const DAY = 86_400_000

test('a new data key seals new values, old values are sealed again, and the old key is removed', async () => {
  await using stage = await openStage()
  const { connection, refreshToken } = await stage.adopt()
  await makeOneOfEverything(stage)
  const before = sealedColumns(stage)
  expect(new Set(before.map(({ key }) => key)).size).toBe(1)

  await renewDataKey(stage.ports)
  expect(await reSealRetired(stage.ports)).toBeGreaterThan(3)
  const after = sealedColumns(stage)
  expect(after.map(({ column }) => column)).toEqual(before.map(({ column }) => column))
  expect(new Set(after.map(({ key }) => key)).size).toBe(1)
  expect(after[0]?.key).not.toBe(before[0]?.key)
  expect((await stage.stored(connection.id)).grant.refreshToken?.open().expose()).toBe(refreshToken)

  expect(await reSealRetired(stage.ports)).toBe(0)
  expect(await dataKeys(stage)).toHaveLength(1)
  expect((await read(stage, connection.id)).connection.id).toBe(connection.id)
})

test.each([
  ['is cut short', Buffer.alloc(3, 1)],
  ['is of an unknown format', Buffer.alloc(80, 9)],
])(
  'a damaged value that %s does not stop re-sealing, and its old key is removed',
  async (_, junk) => {
    await using stage = await openStage()
    const [damaged, healthy] = [await stage.adopt(), await stage.adopt()]
    await sqlite.behind(stage.vault, (db) =>
      db
        .updateTable('connections')
        .set({ refresh_token_blob: junk })
        .where('id', '=', damaged.connection.id)
        .execute(),
    )
    await renewDataKey(stage.ports)
    expect(await reSealRetired(stage.ports)).toBeGreaterThan(1)
    expect(await reSealRetired(stage.ports)).toBe(0)
    expect(await dataKeys(stage)).toHaveLength(1)
    const { grant } = await stage.stored(healthy.connection.id)
    expect(grant.refreshToken?.open().expose()).toBe(healthy.refreshToken)
    expect(stage.vault.unreadable.map(({ id }) => id)).toContain(damaged.connection.id)
  },
)

test('a vault that is closed during a key renewal opens completely with the same master key', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-keys-'))
  try {
    const adopted = await (async () => {
      await using stage = await openStage({ dataDir })
      const first = await stage.adopt()
      await renewDataKey(stage.ports)
      return [first, await stage.adopt()]
    })()
    await using stage = await openStage({ dataDir })
    for (const { connection, refreshToken } of adopted) {
      const kept = await stage.stored(connection.id)
      expect(kept.grant.refreshToken?.open().expose()).toBe(refreshToken)
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})

describe('a new data key during a refresh', () => {
  const outcomes: readonly (readonly [string, Deed | null, number])[] = [
    ['with a rotation', null, 2],
    ['with invalid_grant', { act: 'refuse', error: 'invalid_grant', status: 400 }, 1],
    ['with an answer that is lost', { act: 'cut', after: 'processing', ending: 'reset' }, 1],
    ['without being answered', { act: 'answer', status: 503, body: 'empty' }, 1],
  ]
  test.each(outcomes)(
    'a refresh that ends %s during a key renewal keeps its result readable',
    async (_, deed, generation) => {
      await using stage = await openStage()
      const { connection, family } = await stage.adopt()
      const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
      if (deed !== null) await stage.provider.misbehave(deed)
      const flight = refresh(stage.ports, connection, 'scheduled')
      await until('it to be at the provider', async () => (await stage.provider.requestCount()) > 0)
      await renewDataKey(stage.ports)
      await reSealRetired(stage.ports)
      await stage.provider.behave(held)
      await flight
      await reSealRetired(stage.ports)
      await reSealRetired(stage.ports)
      const after = await stage.stored(connection.id)
      expect(after.grant.generation).toBe(generation)
      expect(after.grant.token?.secret.expose()).toBeTruthy()
      const kept = after.grant.refreshToken?.open().expose()
      const truth = await stage.provider.family(family)
      if (deed === null) expect(kept).toBe(truth.current)
      else expect(kept).toBe(truth.refreshTokens[0]?.token)
    },
  )
})

test('a data key that is created while retired keys are removed is kept', async () => {
  await using stage = await openStage()
  const before = await stage.adopt()
  await renewDataKey(stage.ports)
  await reSealRetired(stage.ports)
  const adopted = [before]
  let isOver = false
  const write: Ports['store']['write'] = async (work) => {
    if (isOver && adopted.length === 1) {
      await renewDataKey(stage.ports)
      adopted.push(await stage.adopt())
    }
    return stage.ports.store.write((trx) =>
      work({
        ...trx,
        reSeal: async (position, limit) => {
          const page = await trx.reSeal(position, limit)
          isOver = page.next === null
          return page
        },
      }),
    )
  }
  await reSealRetired({ ...stage.ports, store: { ...stage.ports.store, write } })
  expect(adopted).toHaveLength(2)
  for (const { connection, refreshToken } of adopted) {
    const kept = await stage.stored(connection.id)
    expect(kept.grant.refreshToken?.open().expose()).toBe(refreshToken)
  }
  const known = (await dataKeys(stage)).map(({ id }) => id)
  expect(sealedColumns(stage).filter(({ key }) => !known.includes(key))).toEqual([])
})

test('a data key is renewed every ninety days', async () => {
  await using stage = await openStage()
  expect(await renewDataKeyWhenDue(stage.ports)).toBe(false)
  stage.clock.pass(91 * DAY)
  expect(await renewDataKeyWhenDue(stage.ports)).toBe(true)
  expect(await renewDataKeyWhenDue(stage.ports)).toBe(false)
})

test('token reads continue while all values are sealed again', async () => {
  await using stage = await openStage()
  const adopted = await Promise.all(Array.from({ length: 30 }, () => stage.adopt()))
  const reading = (async () => {
    for (let i = 0; i < 200; i++) {
      const { connection } = adopted[i % adopted.length] ?? {}
      if (connection) await read(stage, connection.id)
    }
  })()
  for (let i = 0; i < 3; i++) {
    await renewDataKey(stage.ports)
    await reSealRetired(stage.ports)
  }
  await reading
  const ids = await stage.ports.store.connectionIds(null, 100)
  for (const id of ids)
    expect((await stage.stored(id)).grant.refreshToken?.open().expose()).toBeTruthy()
})

test.each([
  ['its format', "x'02' || substr(refresh_token_blob, 2)"],
  ['its key', 'substr(refresh_token_blob, 1, 1) || zeroblob(16) || substr(refresh_token_blob, 18)'],
  ['nearly all of it', "x'01'"],
  ['all of it', "x''"],
])('a sealed value that has lost %s does not stop re-sealing', async (_, damaged) => {
  await using stage = await openStage()
  const { connection: lost } = await stage.adopt()
  const { connection: whole, refreshToken } = await stage.adopt()
  change(
    stage,
    `update connections set refresh_token_blob = cast(${damaged} as blob)
      where id = '${lost.id}'`,
  )
  await renewDataKey(stage.ports)
  expect(await reSealRetired(stage.ports)).toBeGreaterThan(0)
  expect(await reSealRetired(stage.ports)).toBe(0)
  const { keys } = await stage.ports.store.vaultKeys()
  expect(keys.filter(({ purpose }) => purpose === 'data')).toHaveLength(1)
  const kept = (await stage.stored(whole.id)).grant.refreshToken
  expect(kept?.open().expose()).toBe(refreshToken)
})

test.each(['data', 'index'])(
  'a flipped bit that marks the %s key as retired loses no key',
  async (purpose) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'larder-keys-'))
    onTestFinished(() => rm(dataDir, { recursive: true }))
    const adopted = await (async () => {
      await using stage = await openStage({ dataDir })
      const first = await stage.adopt()
      change(stage, `update data_keys set retired_at = 0 where purpose = '${purpose}'`)
      for (let hour = 0; hour < 3; hour++) await reSealRetired(stage.ports)
      return [first, await stage.adopt()]
    })()
    await using stage = await openStage({ dataDir })
    for (const { connection, refreshToken } of adopted) {
      const kept = await stage.stored(connection.id)
      expect(kept.grant.refreshToken?.open().expose()).toBe(refreshToken)
    }
    const { keys } = await stage.ports.store.vaultKeys()
    const inUse = keys.filter((key) => key.purpose === 'data' && key.retiredAt === null)
    expect(inUse).toHaveLength(1)
  },
)

test('every sealed column of the database is in the list for re-sealing', async () => {
  await using stage = await openStage()
  const listed = SEALED_COLUMNS.map(({ name }) => name)
  expect(blobColumns(stage).toSorted()).toEqual(listed.toSorted())
})

async function dataKeys({ ports }: Stage) {
  const { keys } = await ports.store.vaultKeys()
  return keys.filter(({ purpose }) => purpose === 'data')
}

function blobColumns(stage: Stage): readonly string[] {
  return query(stage, (db) => {
    const tables = db
      .prepare("select name from sqlite_schema where type = 'table'")
      .pluck()
      .all() as string[]
    return tables.flatMap((table) => {
      const columns = db.pragma(`table_info(${table})`) as { readonly name: string }[]
      return columns
        .filter(({ name }) => name.endsWith('_blob'))
        .map(({ name }) => `${table}.${name}`)
    })
  })
}

/** The key id of each sealed value: bytes 1 to 16 of the blob. */
function sealedColumns(stage: Stage): readonly { readonly column: string; readonly key: string }[] {
  const columns = blobColumns(stage)
  return query(stage, (db) =>
    columns.flatMap((column) => {
      const [table, name] = column.split('.')
      const blobs = db
        .prepare(`select ${name} from ${table} where ${name} is not null`)
        .pluck()
        .all() as Buffer[]
      return blobs.map((blob) => ({ column, key: blob.subarray(1, 17).toString('hex') }))
    }),
  )
}

function query<T>(stage: Stage, ask: (db: Database.Database) => T): T {
  const db = new Database(join(stage.vault.dataDir, 'larder.db'), { readonly: true })
  try {
    return ask(db)
  } finally {
    db.close()
  }
}

function change(stage: Stage, statement: string): void {
  const db = new Database(join(stage.vault.dataDir, 'larder.db'))
  db.exec(statement)
  db.close()
}

async function makeOneOfEverything(stage: Stage): Promise<void> {
  await createLink(stage.ports, OPERATOR, linkDemand())
  const reach = { permissions: ['admin'] as const, providers: null, userIdPrefix: null }
  await createApiKey(stage.ports, OPERATOR, { name: 'ops', ...reach })
}

function read(stage: Stage, id: Awaited<ReturnType<Stage['adopt']>>['connection']['id']) {
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 60, rejected: null })
}
