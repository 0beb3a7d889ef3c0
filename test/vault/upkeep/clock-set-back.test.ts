import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { LinkId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import type { Connection } from '../../../src/core/connection/connection.ts'
import type { WebhookId } from '../../../src/core/events/webhook.ts'
import type { Writes } from '../../../src/ports/store.ts'
import type { Schema } from '../../../src/store/schema.ts'
import { confirmLink } from '../../../src/vault/connect/confirm-link.ts'
import { finishPageFlow } from '../../../src/vault/connect/finish-page-flow.ts'
import { openLink } from '../../../src/vault/connect/open-link.ts'
import { showLink } from '../../../src/vault/connect/show-link.ts'
import { ClockFollower } from '../../../src/vault/upkeep/follow-clock.ts'
import { databases } from '../../store/databases.ts'
import { fillVault } from '../../store/full-vault.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { atProvider, makeLink, MINUTE, USER, walk } from '../connect/connect-stage.ts'

const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('a clock set back by three days', () => {
  test('a link keeps the time that it had left when the clock is set back', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage, { ttlSeconds: 900 })
    stage.clock.pass(5 * MINUTE)
    await setBack(stage, 3 * DAY)
    const { expiresAt } = await showLink(stage.ports, OPERATOR, link.id)
    expect(expiresAt - stage.clock.now()).toBeCloseTo(10 * MINUTE, -4)
    await openLink(stage.ports, link.secret)
    stage.clock.pass(11 * MINUTE)
    await expect(openLink(stage.ports, link.secret)).rejects.toMatchObject({ code: 'link_expired' })
  })

  test.each([
    ['connects nine minutes after its start', 9 * MINUTE, 1],
    ['is over eleven minutes after its start', 11 * MINUTE, 0],
  ])('after the clock was set back, a flow %s', async (_, laterMs, connected) => {
    await using stage = await openStage()
    const link = await makeLink(stage, { ttlSeconds: 3_600 })
    const callback = await atProvider(stage, link, 'browser-1')
    await setBack(stage, 3 * DAY)
    stage.clock.pass(laterMs)
    await finishPageFlow(stage.ports, { provider: ACME, callback, browserId: 'browser-1' }).catch(
      () => null,
    )
    expect(await stage.ports.store.connectionsOf(USER, ACME)).toHaveLength(connected)
  })

  test('after the clock was set back, a confirmation is refused eleven minutes after the consent', async () => {
    await using stage = await openStage()
    const { id, home } = await waiting(stage)
    await setBack(stage, 3 * DAY)
    stage.clock.pass(11 * MINUTE)
    await expect(confirm(stage, id, home)).rejects.toMatchObject({ code: 'confirmation_refused' })
  })

  test('a token that waits for confirmation keeps the lifetime that it had left when the clock is set back', async () => {
    await using stage = await openStage()
    const { id, home } = await waiting(stage)
    await setBack(stage, 3 * DAY)
    stage.clock.pass(5 * MINUTE)
    const { grant } = await confirm(stage, id, home)
    expect((grant.token?.expiresAt ?? 0) - stage.clock.now()).toBeCloseTo(55 * MINUTE, -4)
  })
})

/** Columns whose future times stay when the clock is set back. */
const LEFT_ALONE: Readonly<Record<string, string>> = {
  'api_keys.created_at': 'is only shown',
  'api_keys.revoked_at': 'ends the key whatever its value',
  'connections.token_expires_at': 'moves with its connection',
  'connections.refresh_token_expires_at': 'moves with its connection',
  'connections.end_notice_at': 'moves with its connection',
  'connections.attempt_sent_at': 'moves with its connection',
  'connections.due_at': 'moves with its connection',
  'connections.updated_at': 'moves with its connection',
  'connections.failure_since': 'is only shown and logged',
  'connections.rejected_since': 'a grant is found dead later, never earlier',
  'connections.created_at': 'is only shown',
  'connections.last_refreshed_at': 'is only shown',
  'connect_links.created_at': 'is only shown',
  'events.created_at': 'is the history, and the event is kept a little longer',
  'refresh_token_hashes.created_at': 'the hash is kept a little longer',
}

describe.each(databases)('the times in $name', ({ open, behind }) => {
  test('each stored time that is in the future ends when the clock is set back, or is named here', async () => {
    await using vault = await open()
    const now = Date.now()
    await fillVault(vault.store)
    await vault.store.write(async (trx) => {
      const id = 'app' as WebhookId
      await trx.rememberRefreshToken(await connectionIn(trx), new Secret('r'), 'arrived')
      await trx.keepWebhooks([id], now)
      const hold = { subject: 'a', sequence: 1, attempts: 0, dueAt: now, owedFrom: 1, lost: 0 }
      await trx.saveHold(id, null, hold)
      const until = { reason: 'throttled', since: now, until: now } as const
      await trx.saveCircuit({ provider: ACME, client: 'c', failures: 5, open: until })
    })
    const columns = timeColumns()
    const ahead = await behind(vault, async (db) => {
      for (const [table, column] of columns) {
        const { numAffectedRows = 0n } = await sql`
          update ${sql.table(table)} set ${sql.ref(column)} = ${now + HOUR}`.execute(db)
        expect([table, numAffectedRows > 0n]).toEqual([table, true])
      }
      await sql`update connect_links set status = 'awaiting_confirmation'`.execute(db)
      await vault.store.write((trx) => trx.endWaits(now, 2 * HOUR))
      const found = []
      for (const [table, column] of columns) {
        const { rows } = await sql`select 1 from ${sql.table(table)}
          where ${sql.ref(column)} > ${now}`.execute(db)
        if (rows.length > 0) found.push(`${table}.${column}`)
      }
      return found
    })
    expect(columns.length).toBeGreaterThan(30)
    expect(ahead.toSorted()).toEqual(Object.keys(LEFT_ALONE).toSorted())
  })
})

async function connectionIn(trx: Writes): Promise<Connection> {
  const [id] = await trx.connectionIds(null, 1)
  const connection = id === undefined ? null : await trx.connection(id)
  if (connection === null) throw new Error('the vault has no connection')
  return connection
}

/** Table and name of each column that `schema.ts` declares as a time. */
function timeColumns(): readonly (readonly [keyof Schema, string])[] {
  const source = readFileSync('src/store/schema.ts', 'utf8')
  const tables = source.matchAll(/^ {2}readonly (\w+): (\w+Table)$/gm)
  return [...tables].flatMap(([, table = '', type]) => {
    const [, body = ''] = new RegExp(`type ${type} = \\{(.*?)^\\}`, 'ms').exec(source) ?? []
    const columns = body.matchAll(/^ {2}(\w+): Time\b/gm)
    return [...columns].map(([, column = '']) => [table as keyof Schema, column] as const)
  })
}

async function setBack(stage: Stage, byMs: number): Promise<void> {
  const follower = new ClockFollower(stage.ports, null)
  stage.clock.shift(-byMs)
  expect(await follower.follow()).toBeGreaterThan(0)
}

/** A consent that waits for the app's confirmation. */
async function waiting(stage: Stage) {
  const link = await makeLink(stage, { confirm: 'app' })
  return { id: link.id, home: await walk(stage, link) }
}

function confirm(stage: Stage, id: LinkId, home: URL) {
  const completion = home.searchParams.get('completion') ?? ''
  return confirmLink(stage.ports, OPERATOR, id, { userId: USER, completion })
}
