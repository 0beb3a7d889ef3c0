import { describe, expect, test } from 'vitest'
import { connectionEvent } from '../../src/core/events/event.ts'
import type { FlowId, KeyId, LinkId, ProviderId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { Writes } from '../../src/ports/store.ts'
import {
  CIRCUITS_KEPT_MS,
  EVENTS_KEPT_MS,
  LINKS_KEPT_MS,
  REFRESH_TOKEN_HASHES_KEPT_MS,
  REVOKED_KEYS_KEPT_MS,
  WAITING_GRANTS_KEPT_MS,
} from '../../src/store/queries/sweep.ts'
import { MADE_AT, makeConnection } from '../support/make-connection.ts'
import { databases } from './databases.ts'
import { makeFlow, makeLink, makeWaitingGrant } from './make-link.ts'

type Kept = readonly [string, number, (trx: Writes) => Promise<unknown>]

const kept: readonly Kept[] = [
  ['a flow until it expires', 0, (trx) => trx.insertFlow(makeFlow({ expiresAt: MADE_AT }))],
  [
    'a link for a while after it expired',
    LINKS_KEPT_MS,
    (trx) => trx.insertLink(makeLink('a', { expiresAt: MADE_AT }), null),
  ],
  [
    'a waiting grant for a while after its confirmation deadline',
    WAITING_GRANTS_KEPT_MS,
    async (trx) => {
      await trx.insertLink(makeLink('a', { expiresAt: MADE_AT + 1e12 }), null)
      await trx.insertWaitingGrant(makeWaitingGrant({ sentAt: MADE_AT }))
    },
  ],
  [
    'the hash of a refresh token for longer than its lifetime',
    REFRESH_TOKEN_HASHES_KEPT_MS,
    async (trx) => {
      await trx.insertConnection(makeConnection())
      await trx.rememberRefreshToken(makeConnection(), new Secret('r'), 'arrived')
    },
  ],
  [
    'a revoked key for a month',
    REVOKED_KEYS_KEPT_MS,
    async (trx) => {
      const common = { name: 'app', hash: '', permissions: [], providers: null, userIdPrefix: null }
      const id = 'key_a' as KeyId
      await trx.insertApiKey({ ...common, id, createdAt: 0, revokedAt: null })
      await trx.insertApiKey({ ...common, id: 'key_b' as KeyId, createdAt: 0, revokedAt: null })
      await trx.revokeApiKey(id, MADE_AT)
    },
  ],
  ['the circuit of an own client until it ends', 0, saveCircuit('own:print:acme/c')],
  ['the circuit of a configured client for a month', CIRCUITS_KEPT_MS, saveCircuit('acme/c')],
  [
    'events for a month',
    EVENTS_KEPT_MS,
    (trx) =>
      trx.appendEvent(connectionEvent('connection.created', makeConnection(), null), MADE_AT),
  ],
]

describe.each(databases)('a sweep of $name', ({ open }) => {
  test.each(kept)('a sweep keeps %s', async (_, keptMs, insert) => {
    await using vault = await open()
    const sweep = (now: number) => vault.store.write((trx) => trx.sweep(now))
    await vault.store.write(insert)
    expect(await sweep(MADE_AT + keptMs - 1)).toBe(0)
    expect(await sweep(MADE_AT + keptMs)).toBe(1)
    expect(await sweep(MADE_AT + keptMs)).toBe(0)
  })

  test('a sweep removes at most 500 rows', async () => {
    await using vault = await open()
    await vault.store.write(async (trx) => {
      for (let i = 0; i < 700; i++) {
        const id = `flw_${i}` as FlowId
        const link = `lnk_${i}` as LinkId
        await trx.insertFlow(makeFlow({ id, link, stateHash: `state ${i}`, expiresAt: MADE_AT }))
      }
    })
    const sweep = () => vault.store.write((trx) => trx.sweep(MADE_AT))
    expect([await sweep(), await sweep(), await sweep()]).toEqual([500, 200, 0])
  })

  test('a sweep keeps connections, and the sequence of events continues', async () => {
    await using vault = await open()
    const { store } = vault
    const event = connectionEvent('connection.created', makeConnection(), null)
    await store.write(async (trx) => {
      await trx.insertConnection(makeConnection())
      await trx.appendEvent(event, MADE_AT)
    })
    await store.write((trx) => trx.sweep(MADE_AT + 1e12))
    await store.write((trx) => trx.appendEvent(event, MADE_AT))
    const reach = { providers: null, userIdPrefix: null }
    const left = await store.events({ after: 0, limit: 10, reach })
    expect(left.map(({ sequence }) => sequence)).toEqual([2])
    expect(await store.connection(makeConnection().id)).not.toBeNull()
  })
})

function saveCircuit(client: string): Kept[2] {
  const open = { reason: 'misconfigured', since: MADE_AT - 1, until: MADE_AT } as const
  const provider = 'acme' as ProviderId
  return (trx) => trx.saveCircuit({ provider, client, failures: 5, open })
}
