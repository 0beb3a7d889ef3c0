import { describe, expect, test } from 'vitest'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { StoreError } from '../../../src/core/base/errors.ts'
import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import type { Writes } from '../../../src/ports/store.ts'
import { pressContinue } from '../../support/press-continue.ts'
import { confirmLink } from '../../../src/vault/connect/confirm-link.ts'
import { createLink } from '../../../src/vault/connect/create-link.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { finishPageFlow } from '../../../src/vault/connect/finish-page-flow.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { updateConnection } from '../../../src/vault/import/update-connection.ts'
import { linkDemand } from '../../support/link-demand.ts'
import {
  ACCOUNT,
  connectTwo,
  HOUR,
  NO_ID,
  openSiblingStage,
  REFUSAL,
  refreshTokenOf,
  settle,
  storedAll,
} from '../siblings-stage.ts'
import { until } from '../../support/until.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

describe('connections whose refreshes would end each other', () => {
  test('siblings share one grant, and one request refreshes them all', async () => {
    await using stage = await openSiblingStage()
    const connections = await connectTwo(stage)
    const before = await stage.provider.requestCount()
    stage.clock.pass(2 * HOUR)
    await Promise.all(connections.map((one) => refresh(stage.ports, one, 'asked')))
    const [first, second] = await storedAll(stage, connections)
    expect(first?.grant.token?.tokenId).toBe(second?.grant.token?.tokenId)
    expect(refreshTokenOf(first)).toBe(refreshTokenOf(second))
    expect(await stage.provider.requestCount()).toBe(before + 1)
    expect([first?.userId, second?.userId]).toEqual(['user-1', 'user-2'])
    // A caller that read the row before the refresh causes no second request.
    await refresh(stage.ports, connections[1] as LiveConnection, 'asked')
    expect(await stage.provider.requestCount()).toBe(before + 1)
  })

  test('the grant of a newer consent becomes the grant of all siblings, and each keeps its own label', async () => {
    await using stage = await openSiblingStage()
    const [first, second] = await storedAll(stage, await connectTwo(stage))
    expect(refreshTokenOf(first)).toBe(refreshTokenOf(second))
    expect([first?.label, second?.label]).toEqual(['one', 'two'])
  })

  test('connections of one account keep their own grants at other providers', async () => {
    await using stage = await openStage()
    const [first, second] = await storedAll(stage, await connectTwo(stage))
    expect(refreshTokenOf(first)).not.toBe(refreshTokenOf(second))
  })

  test('after one request with a dead grant all siblings are disconnected, with an event each', async () => {
    await using stage = await openSiblingStage()
    const connections = await connectTwo(stage)
    await stage.provider.misbehave(REFUSAL)
    stage.clock.pass(2 * HOUR)
    const before = await stage.provider.requestCount()
    for (let scan = 0; scan < 3; scan++) await settle(stage)
    expect(await stage.provider.requestCount()).toBe(before + 1)
    for (const one of await storedAll(stage, connections)) {
      expect(one).toMatchObject({ status: 'disconnected', failure: { reason: 'revoked' } })
    }
    expect(await told(stage, 'connection.disconnected')).toHaveLength(2)
    expect(stage.observed.filter(({ what }) => what === 'disconnected')).toHaveLength(2)
    // A probe that succeeds revives all of them.
    await stage.provider.behave()
    await refresh(stage.ports, await stage.stored(connections[1]?.id ?? NO_ID), 'forced')
    for (const one of await storedAll(stage, connections)) expect(one.status).toBe('active')
    expect(await told(stage, 'connection.recovered')).toHaveLength(2)
  })

  test('siblings share one back-off while the provider is down', async () => {
    await using stage = await openSiblingStage()
    const connections = await connectTwo(stage)
    await stage.provider.misbehave({ act: 'answer', status: 503, body: 'html' })
    stage.clock.pass(2 * HOUR)
    await settle(stage)
    const [first, second] = await storedAll(stage, connections)
    expect(second).toMatchObject({ status: 'failing', dueAt: first?.dueAt })
    expect(await told(stage, 'connection.failing')).toHaveLength(2)
  })

  test('a rotation that is only in the journal is served to all siblings', async () => {
    await using stage = await openSiblingStage()
    const connections = await connectTwo(stage)
    stage.clock.pass(2 * HOUR)
    const disk = fillAfter(stage, 1)
    const [, second] = connections
    const read = { target: { id: second?.id ?? NO_ID }, minTtlSeconds: 60, rejected: null }
    const served = await getToken(disk.ports, OPERATOR, read)
    expect(served.connection.grant.token?.expiresAt).toBeGreaterThan(stage.clock.now())
    expect(served.connection.userId).toBe('user-2')
    disk.free()
    await until('it to be written for both', async () => {
      const [a, b] = await storedAll(stage, connections)
      return a?.grant.token?.tokenId === b?.grant.token?.tokenId && a?.grant.generation !== 1
    })
  })
})

describe('connections that share one grant', () => {
  test('deleting a sibling keeps the shared grant, and deleting the last one revokes it', async () => {
    await using stage = await openSiblingStage()
    const [first, second] = await connectTwo(stage)
    const remove = (id = NO_ID) => deleteConnection(stage.ports, OPERATOR, { id }, { revoke: true })
    expect(await remove(first?.id)).toEqual({ revocation: 'skipped' })
    expect((await refresh(stage.ports, second as LiveConnection, 'forced')).kind).toBe('refreshed')
    expect(await remove(second?.id)).toEqual({ revocation: 'queued' })
  })

  test('a rotation goes to the other siblings if the refreshed sibling is deleted during the refresh', async () => {
    await using stage = await openSiblingStage()
    const [first, second] = await connectTwo(stage)
    const sent = await stage.provider.requestCount()
    const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
    const asked = refresh(stage.ports, second as LiveConnection, 'forced')
    await until(
      'it to be at the provider',
      async () => (await stage.provider.requestCount()) > sent,
    )
    await deleteConnection(stage.ports, OPERATOR, { id: first?.id ?? NO_ID }, { revoke: true })
    await stage.provider.behave(held)
    expect(await asked).toMatchObject({ kind: 'refreshed', connection: { id: second?.id } })
    expect(await stage.provider.requestCount()).toBe(sent + 1)
    const heir = await stage.stored(second?.id ?? NO_ID)
    const { families } = await stage.provider.truth()
    expect(families.map(({ current }) => current)).toContain(refreshTokenOf(heir))
    expect((await refresh(stage.ports, heir, 'forced')).kind).toBe('refreshed')
  })

  test('a PATCH of one sibling gives its tokens to all', async () => {
    await using stage = await openSiblingStage()
    const connections = await connectTwo(stage)
    const [minted] = await stage.provider.mintGrants(1, { account: ACCOUNT })
    await updateConnection(stage.ports, OPERATOR, connections[1]?.id ?? NO_ID, {
      refreshToken: new Secret(minted?.refreshToken ?? ''),
    })
    const [first, second] = await storedAll(stage, connections)
    expect(refreshTokenOf(first)).toBe(refreshTokenOf(second))
    expect(refreshTokenOf(first)).toBe(
      (await stage.provider.family(minted?.family ?? 'f0')).current,
    )
  })

  test('a sibling that the app confirms after a refresh of the other siblings gets their grant', async () => {
    await using stage = await openSiblingStage()
    const [first] = await connectTwo(stage)
    const { id, completion } = await consent(stage, 'user-3' as UserId)
    stage.clock.pass(60_000)
    const refreshed = await refresh(stage.ports, first as LiveConnection, 'forced')
    const demand = { userId: 'user-3' as UserId, completion }
    const confirmed = await confirmLink(stage.ports, OPERATOR, id, demand)
    const living = 'connection' in refreshed ? refreshTokenOf(refreshed.connection) : null
    expect(refreshTokenOf(await stage.stored(confirmed.id))).toBe(living)
    expect(refreshTokenOf(await stage.stored(first?.id ?? NO_ID))).toBe(living)
  })
})

async function told(stage: Stage, type: string) {
  const events = await stage.ports.store.events({ after: 0, limit: 100, reach: OPERATOR })
  return events.filter((event) => event.type === type)
}

/** A store that fails with disk_full after so many writes. */
function fillAfter(stage: Stage, writes: number) {
  const { store } = stage.ports
  const left = { writes }
  const write = <T>(work: (trx: Writes) => Promise<T>): Promise<T> =>
    left.writes-- > 0 ? store.write(work) : Promise.reject(new StoreError('disk_full', null))
  const free = () => {
    left.writes = Number.POSITIVE_INFINITY
  }
  return { ports: { ...stage.ports, store: { ...store, write } }, free }
}
/** The user consents; the app has not confirmed yet. */
async function consent(stage: Stage, userId: UserId) {
  await stage.provider.setAccount(ACCOUNT)
  const { link, url } = await createLink(
    stage.ports,
    OPERATOR,
    linkDemand({ userId, confirm: 'app', redirectUrl: 'https://app.example.com/oauth' }),
  )
  const secret = url.split('/').at(-1) ?? ''
  const begun = await pressContinue(stage.ports, { secret, browserId: 'b', provider: ACME })
  const answer = await fetch(begun.url, { redirect: 'manual' })
  const callback = new Map(new URL(answer.headers.get('location') ?? '').searchParams)
  const done = await finishPageFlow(stage.ports, { provider: ACME, callback, browserId: 'b' })
  const home = new URL('url' in done ? done.url : '')
  return { id: link.id, completion: home.searchParams.get('completion') ?? '' }
}
