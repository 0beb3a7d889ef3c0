import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import { connectionEvent } from '../../src/core/events/event.ts'
import {
  type ConnectionId,
  type FlowId,
  newId,
  type ProviderId,
  type UserId,
} from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { Store, Writes } from '../../src/ports/store.ts'
import { SEALED } from '../../src/store/queries/re-seal.ts'
import { SEALED_ROWS } from '../../src/store/rows/bound-columns.ts'
import type { Schema } from '../../src/store/schema.ts'
import {
  makeConnection,
  makeCredentialsGrant,
  makeGrant,
  makeToken,
} from '../support/make-connection.ts'
import { EVERYTHING } from './damaged-vault.ts'
import { linkId, makeFlow, makeLink, makeWaitingGrant, REQUEST } from './make-link.ts'
import { makeRevocation } from './make-revocation.ts'
import { reveal } from './reveal.ts'

/** A column whose values are sealed; `name` is `table.column`. */
export type SealedColumn = {
  readonly table: keyof typeof SEALED
  readonly key: string
  readonly column: string
  readonly name: string
}

export const SEALED_COLUMNS: readonly SealedColumn[] = Object.entries(SEALED).flatMap(
  ([table, { key, columns }]) =>
    [...Object.keys(columns), ...(table in SEALED_ROWS ? ['row_blob'] : [])].map((column) => ({
      table: table as keyof typeof SEALED,
      key,
      column,
      name: `${table}.${column}`,
    })),
)

/** A value that occurs in one column of one row only; `wordsIn` finds it. */
function word(column: string, row: string): string {
  return `${column} of ${row}`
}

/** The sealed values that a text contains, such as `connections.profile_blob of a`. */
export function wordsIn(text: string): readonly string[] {
  return text.match(/\w+\.\w+_blob of \w/g) ?? []
}

/** The secrets that a text contains, in their JSON form. */
export function secretsIn(text: string): readonly string[] {
  return Array.from(text.matchAll(/"secret":("(?:[^"\\]|\\.)*")/g), ([, secret = '']) => secret)
}

/** Inserts at least three rows with a value, for every sealed column. */
export async function fillVault(store: Store): Promise<void> {
  for (const row of ['a', 'b', 'c']) await store.write((trx) => insertOneOfEach(trx, row))
}

async function insertOneOfEach(trx: Writes, row: string): Promise<void> {
  await trx.insertConnection(connectionOf(row))
  await trx.insertConnection(credentialsOf(row))
  const [userId, provider] = [userOf(row), providerOf(row)]
  const told = makeConnection({ userId, provider, label: word('events.body_blob', row) })
  await trx.appendEvent(connectionEvent('connection.created', told, null), 1)
  const request = (column: string) => ({ ...REQUEST, userId, label: word(column, row) })
  await trx.insertLink(makeLink(row, { request: request('connect_links.request_blob') }), null)
  await trx.insertFlow(
    makeFlow({
      id: `flw_01jd9z0000000000000000000${row}` as FlowId,
      stateHash: stateHash(row),
      provider,
      request: request('flows.flow_blob'),
    }),
  )
  await trx.insertWaitingGrant(
    makeWaitingGrant({
      link: linkId(row),
      connectionId: idOf(row, 1),
      provider,
      request: request('waiting_grants.grant_blob'),
    }),
  )
  await trx.enqueueRevocation(
    makeRevocation(row, {
      provider,
      params: { tenant: word('revocations.settings_blob', row) },
      refreshToken: new Secret(word('revocations.refresh_token_blob', row)),
      accessToken: new Secret(word('revocations.access_token_blob', row)),
    }),
  )
  await trx.insertApiKey({
    id: `key_${row}` as never,
    name: word('api_keys.key_blob', row),
    hash: `hash of ${row}`,
    permissions: ['admin'],
    providers: null,
    userIdPrefix: null,
    createdAt: 1,
    revokedAt: null,
  })
}

function connectionOf(row: string) {
  const id = word('connections.profile_blob', row)
  const secret = new Secret(word('connections.client_secret_blob', row))
  return makeConnection({
    id: idOf(row, 1),
    userId: userOf(row),
    provider: providerOf(row),
    account: { id, email: null, name: null },
    params: { tenant: word('connections.settings_blob', row) },
    client: { id: 'client-1', secret },
    grant: makeGrant({
      token: makeToken({ secret: new Secret(word('connections.access_token_blob', row)) }),
      refreshToken: new Secret(word('connections.refresh_token_blob', row)),
    }),
  })
}

function credentialsOf(row: string) {
  const password = new Secret(word('connections.credentials_blob', row))
  return makeConnection({
    id: idOf(row, 2),
    userId: userOf(row),
    provider: providerOf(row),
    account: { id: `account of ${row}`, email: null, name: null },
    grant: makeCredentialsGrant({
      credentials: { kind: 'basic', tokenId: 't_1', username: 'ann', password },
    }),
  })
}

export function userOf(row: string): UserId {
  return `user-${row}` as UserId
}

/** Rows a and b belong to one provider, c to another. */
export function providerOf(row: string): ProviderId {
  return (row === 'c' ? 'other' : 'acme') as ProviderId
}

function idOf(row: string, n: number): ConnectionId {
  return newId('con', n, Buffer.alloc(10, row))
}

const stateHash = (row: string): string => `state of ${row}`

/** The rows that the store returns, by `table/key`, with secrets in the clear. */
export type Shown = ReadonlyMap<string, string>

/**
 * Reads everything in the ways that the daemon does. `read` handles a read that the database
 * refuses.
 */
export async function show(
  store: Store,
  read: <T>(reading: Promise<readonly T[]>) => Promise<readonly T[]> = (reading) => reading,
): Promise<Shown> {
  const shown = new Map<string, string>()
  const add = (table: string, key: unknown, row: unknown) => {
    if (row !== null) shown.set(`${table}/${String(key)}`, JSON.stringify(reveal(row)))
  }
  const one = async <T>(reading: Promise<T>) =>
    (await read(reading.then((row) => [row])))[0] ?? null
  for (const row of await read(store.listConnections(EVERYTHING))) add('listed', row.id, row)
  for (const row of await read(store.events({ ...EVERYTHING, after: 0 })))
    add('events', row.sequence, row)
  for (const row of await read(store.dueRevocations(1, 100))) add('revocations', row.id, row)
  for (const row of await read(store.liveApiKeys())) add('api_keys', row.id, row)
  for (const row of ['a', 'b', 'c']) {
    for (const id of [idOf(row, 1), idOf(row, 2)]) {
      add('connections', id, await one(store.connection(id)))
    }
    add('connect_links', linkId(row), await one(store.link(linkId(row))))
    add('waiting_grants', linkId(row), await one(store.waitingGrant(linkId(row))))
    add('flows', row, await one(lookAtFlow(store, row)))
  }
  return shown
}

/** Taking a flow consumes it, so the transaction is rolled back. */
async function lookAtFlow(store: Store, row: string): Promise<unknown> {
  const taking = store.write(async (trx) => {
    throw new Found(await trx.takeFlow(stateHash(row), 'browser', 0))
  })
  try {
    return await taking
  } catch (error) {
    if (error instanceof Found) return error.flow
    throw error
  }
}

class Found extends Error {
  readonly flow: unknown

  constructor(flow: unknown) {
    super('found')
    this.flow = flow
  }
}

/** The second of the rows that have a value in a sealed column, and that value. */
export async function middleOf(
  db: Kysely<Schema>,
  { table, key, column }: SealedColumn,
): Promise<{ readonly rowid: number; readonly blob: Uint8Array }> {
  const blob = sql.ref(column)
  const { rows } = await sql<{ readonly rowid: number; readonly blob: Uint8Array }>`
    select rowid, ${blob} as blob from ${sql.table(table)}
    where ${blob} is not null order by ${sql.ref(key)}`.execute(db)
  const [, middle, last] = rows
  if (middle === undefined || last === undefined) throw new Error(`fewer than three: ${column}`)
  return middle
}

/** The other columns of a table with sealed columns. */
export async function clearColumnsOf(
  db: Kysely<Schema>,
  table: keyof typeof SEALED,
): Promise<readonly string[]> {
  const sealed = SEALED_COLUMNS.filter((one) => one.table === table).map(({ column }) => column)
  const { rows } = await sql<{ readonly name: string }>`
    select name from pragma_table_info(${table})`.execute(db)
  return rows.map(({ name }) => name).filter((name) => !sealed.includes(name))
}

type Cell = { readonly table: string; readonly column: string; readonly rowid: number }

export async function valueAt(
  db: Kysely<Schema>,
  { table, column, rowid }: Cell,
): Promise<unknown> {
  const { rows } = await sql<{ readonly value: unknown }>`
    select ${sql.ref(column)} as value from ${sql.table(table)} where rowid = ${rowid}`.execute(db)
  return rows[0]?.value
}

/** Overwrites one column of one row; returns false if a constraint forbids it. */
export async function put(
  db: Kysely<Schema>,
  { table, column, rowid }: Cell,
  value: unknown,
): Promise<boolean> {
  try {
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${value}
      where rowid = ${rowid}`.execute(db)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && /CONSTRAINT/.test(String(error.code))) {
      return false
    }
    throw error
  }
}
