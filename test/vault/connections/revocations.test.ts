import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StoreError } from '../../../src/core/base/errors.ts'
import type { Ports } from '../../../src/ports/ports.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { sqlite } from '../../store/databases.ts'
import type { Misbehaviour } from '../../scripted-provider/misbehaviour.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { ON_POSTGRES } from '../../support/on-postgres.ts'

// A deletion is done at once; its revocation is retried until the provider accepts it.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const WEEK = 7 * 24 * HOUR

test.each<[string, Misbehaviour]>([
  [
    'answers with a server error',
    { act: 'answer', status: 503, body: 'empty', headers: { 'retry-after': '60' } },
  ],
  ['is hidden behind a firewall', { act: 'answer', status: 403, body: 'firewall-html' }],
  ['cuts the connection', { act: 'cut', after: 'request', ending: 'reset' }],
  ['does not answer', { act: 'silence' }],
])('a revocation is retried until it succeeds if the provider %s', async (_, deed) => {
  await using stage = await openStage()
  const { connection, family } = await stage.adopt()
  const trouble = await stage.provider.misbehave(deed, { endpoint: 'revoke' })
  const revocation = await deleteConnection(stage.ports, OPERATOR, connection, { revoke: true })
  expect(revocation).toEqual({ revocation: 'queued' })
  expect(await stage.ports.store.connection(connection.id)).toBeNull()
  await deliverRevocations(stage.ports)
  expect(await queued(stage)).toBe(1)
  await stage.provider.behave(trouble)
  stage.clock.pass(HOUR)
  await deliverRevocations(stage.ports)
  expect(await queued(stage)).toBe(0)
  expect((await stage.provider.family(family)).revoked?.cause).toBe('revocation_endpoint')
})

test.each<[string, Misbehaviour]>([
  ['does not know the token', { act: 'answer', status: 200, body: 'empty' }],
  [
    'says that the token is invalid',
    { act: 'answer', status: 400, body: { json: { error: 'invalid_token' } } },
  ],
  [
    'revokes no such tokens',
    { act: 'answer', status: 400, body: { json: { error: 'unsupported_token_type' } } },
  ],
])('a revocation is sent once if the provider %s', async (_, deed) => {
  await using stage = await openStage()
  const { connection } = await stage.adopt()
  await stage.provider.misbehave(deed, { endpoint: 'revoke' })
  await deleteConnection(stage.ports, OPERATOR, connection, { revoke: true })
  await deliverRevocations(stage.ports)
  expect(await queued(stage)).toBe(0)
})

test('Larder gives up a revocation that does not succeed within a week', async () => {
  await using stage = await openStage()
  const { connection } = await stage.adopt()
  await stage.provider.misbehave(
    { act: 'answer', status: 500, body: 'html' },
    { endpoint: 'revoke' },
  )
  await deleteConnection(stage.ports, OPERATOR, connection, { revoke: true })
  for (const passed of [0, WEEK - HOUR, 2 * HOUR]) {
    expect(await queued(stage)).toBe(1)
    stage.clock.pass(passed)
    await deliverRevocations(stage.ports)
  }
  expect(await queued(stage)).toBe(0)
  expect(told(stage)).toEqual(['revocationFailed', 'revocationFailed', 'revocationGivenUp'])
})

test.skipIf(ON_POSTGRES)(
  'a revocation whose tokens do not open is retried, then given up, and delays no other revocation',
  async () => {
    await using stage = await openStage()
    const broken = await stage.adopt()
    const healthy = await stage.adopt()
    await deleteConnection(stage.ports, OPERATOR, broken.connection, { revoke: true })
    await sqlite.behind(stage.vault, async (db) => {
      const junk = { refresh_token_blob: Buffer.alloc(80, 7), access_token_blob: null }
      await db.updateTable('revocations').set(junk).execute()
    })
    await deleteConnection(stage.ports, OPERATOR, healthy.connection, { revoke: true })
    await deliverRevocations(stage.ports)
    expect((await stage.provider.family(healthy.family)).revoked?.cause).toBe('revocation_endpoint')
    expect(await queued(stage)).toBe(1)
    expect(await deliverRevocations(stage.ports)).toBe(0)
    // One token was damaged and the other removed.
    expect(stage.observed.filter(({ what }) => what === 'unreadable')).toHaveLength(2)
    stage.clock.pass(WEEK + HOUR)
    await deliverRevocations(stage.ports)
    expect(await queued(stage)).toBe(0)
    expect(told(stage).at(-1)).toBe('revocationGivenUp')
  },
)

test.skipIf(ON_POSTGRES)(
  'a revocation whose refresh token does not open is sent with the access token',
  async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    await deleteConnection(stage.ports, OPERATOR, connection, { revoke: true })
    await sqlite.behind(stage.vault, async (db) => {
      await db
        .updateTable('revocations')
        .set({ refresh_token_blob: Buffer.alloc(80, 7) })
        .execute()
    })
    await deliverRevocations(stage.ports)
    expect(await stage.provider.requests({ endpoint: 'revoke' })).toHaveLength(1)
    expect(await queued(stage)).toBe(0)
  },
)

test('a revocation is sent once if its outcome cannot be stored, and is not sent if its retry time cannot be stored', async () => {
  await using stage = await openStage()
  const { connection } = await stage.adopt()
  await deleteConnection(stage.ports, OPERATOR, connection, { revoke: true })
  const sent = async () => (await stage.provider.requests({ endpoint: 'revoke' })).length

  const full = { ...stage.ports, store: failing(stage.ports.store, () => true) }
  await expect(deliverRevocations(full)).rejects.toThrow(StoreError)
  expect(await sent()).toBe(0)

  let writes = 0
  const filling = { ...stage.ports, store: failing(stage.ports.store, () => ++writes > 1) }
  await expect(deliverRevocations(filling)).rejects.toThrow(StoreError)
  expect(await deliverRevocations(stage.ports)).toBe(0)
  // One request for the refresh token and one for the access token.
  expect(await sent()).toBe(2)
  stage.clock.pass(2 * MINUTE)
  await deliverRevocations(stage.ports)
  expect(await queued(stage)).toBe(0)
})

test('an error of one revocation is thrown after all other revocations have ended', async () => {
  await using stage = await openStage()
  for (let i = 0; i < 3; i++) {
    const { connection } = await stage.adopt()
    await deleteConnection(stage.ports, OPERATOR, connection, { revoke: true })
  }
  let calls = 0
  const revoke: Ports['endpoint']['revoke'] = async (revocation) => {
    if (++calls === 1) throw new Error('broken')
    return stage.ports.endpoint.revoke(revocation)
  }
  const broken = { ...stage.ports, endpoint: { ...stage.ports.endpoint, revoke } }
  await expect(deliverRevocations(broken)).rejects.toThrow('broken')
  expect(await queued(stage)).toBe(1)
})

test('a revocation that a crash interrupted is sent after the next start', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-revocations-'))
  await using opened = new AsyncDisposableStack()
  opened.defer(() => rm(dataDir, { recursive: true, force: true }))
  {
    await using stage = await openStage({ dataDir })
    const { connection } = await stage.adopt()
    await deleteConnection(stage.ports, OPERATOR, connection, { revoke: true })
    let writes = 0
    const dying = { ...stage.ports, store: failing(stage.ports.store, () => ++writes > 1) }
    await stage.provider.misbehave(
      { act: 'answer', status: 503, body: 'empty' },
      { endpoint: 'revoke' },
    )
    await expect(deliverRevocations(dying)).rejects.toThrow(StoreError)
  }
  await using next = await openStage({ dataDir })
  next.clock.pass(HOUR)
  await deliverRevocations(next.ports)
  expect(await next.provider.requests({ endpoint: 'revoke' })).toHaveLength(2)
  expect(await queued(next)).toBe(0)
})

/** A store whose writes fail with disk_full if `fails` says so. */
function failing(store: Ports['store'], fails: () => boolean): Ports['store'] {
  const write: Ports['store']['write'] = async (work) => {
    if (fails()) throw new StoreError('disk_full', null)
    return store.write(work)
  }
  return { ...store, write }
}

function told({ observed }: Stage): readonly string[] {
  return observed.map(({ what }) => what).filter((what) => what.startsWith('revo'))
}

async function queued(stage: Stage): Promise<number> {
  return (await stage.ports.store.census(stage.clock.now())).revocationsQueued
}
