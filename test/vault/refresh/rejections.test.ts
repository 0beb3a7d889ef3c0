import { describe, expect, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { readHealth } from '../../../src/vault/operate/health.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import type { Json } from '../../scripted-provider/dialects.ts'
import type { Misbehaviour } from '../../scripted-provider/misbehaviour.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const json = (status: number, body: Json): Misbehaviour => ({
  act: 'answer',
  status,
  body: { json: body },
  processed: false,
})
const EMPTY_400: Misbehaviour = { act: 'answer', status: 400, body: 'empty', processed: false }
const INVALID_REQUEST = json(400, { error: 'invalid_request' })

/** Answers of servers for a dead refresh token that do not name it as such. */
const DEAD: readonly (readonly [string, Misbehaviour])[] = [
  ['Dex', json(400, { error: 'invalid_request', error_description: 'Refresh token is invalid' })],
  ['@jmondi/oauth2-server', INVALID_REQUEST],
  ['Glewlwyd', EMPTY_400],
  ['league/oauth2-server', json(401, { error: 'invalid_request', hint: 'Token has been revoked' })],
  ['a vendor with words of its own', json(403, { message: 'token expired' })],
  ['a vendor who says so with 200', json(200, { ok: false, error: 'token_gone' })],
]

describe('a grant that is rejected repeatedly', () => {
  test.each(DEAD)(
    'a grant that is rejected repeatedly, as at %s, is dead once other grants were refreshed',
    async (_, deed) => {
      await using stage = await openStage({ profile: 'plain' })
      const [{ connection, family }, other] = [await stage.adopt(), await stage.adopt()]
      await stage.provider.misbehave(deed, { family })
      await rejectFor(stage, connection.id, 10 * MINUTE)
      await refreshNow(stage.ports, OPERATOR, other.connection.id)
      expect((await stage.stored(connection.id)).status).toBe('failing')
      await rejectFor(stage, connection.id, 20 * MINUTE)
      const dead = await stage.stored(connection.id)
      expect(dead).toMatchObject({ status: 'disconnected', failure: { reason: 'revoked' } })
      expect((dead.dueAt ?? 0) - stage.clock.now()).toBeGreaterThan(50 * MINUTE)
      expect(await eventsOf(stage)).toContain('connection.disconnected/revoked/reauthorize')
      expect((await stage.stored(other.connection.id)).status).toBe('active')
      expect(await stateOfProvider(stage)).toBe('ok')
    },
  )

  test('a grant found dead by repeated rejections is probed at growing intervals and recovers by a probe', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const [{ connection, family }, other] = [await stage.adopt(), await stage.adopt()]
    const rejecting = await stage.provider.misbehave(INVALID_REQUEST, { family })
    await rejectFor(stage, connection.id, 1)
    await refreshNow(stage.ports, OPERATOR, other.connection.id)
    await rejectFor(stage, connection.id, 30 * MINUTE)
    const waits: number[] = []
    for (let probes = 0; probes < 3; probes++) {
      const { dueAt } = await stage.stored(connection.id)
      waits.push(Math.round(((dueAt ?? 0) - stage.clock.now()) / HOUR))
      stage.clock.pass(waits.at(-1) === 24 ? 0 : (waits.at(-1) ?? 0) * HOUR)
      await refresh(stage.ports, await stage.stored(connection.id), 'scheduled')
    }
    expect(waits).toEqual([1, 6, 24])
    await stage.provider.behave(rejecting)
    await refresh(stage.ports, await stage.stored(connection.id), 'scheduled')
    expect(await stage.stored(connection.id)).toMatchObject({ status: 'active', failure: null })
  })

  test('a repeatedly rejected grant is failing with reason refused while no other grant is refreshed', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    const rejecting = await stage.provider.misbehave(EMPTY_400)
    await rejectFor(stage, connection.id, 40 * MINUTE)
    const failing = await stage.stored(connection.id)
    expect(failing).toMatchObject({ status: 'failing', failure: { reason: 'refused' } })
    expect(failing.failure?.detail).toMatch(/^the provider answered 400 .*grant or the client/)
    expect(await eventsOf(stage)).toEqual([
      'connection.created/undefined/undefined',
      'connection.failing/provider_unavailable/retry',
      'connection.failing/refused/reauthorize',
    ])
    stage.clock.pass(2 * HOUR)
    await expect(read(stage, connection.id)).rejects.toMatchObject({
      code: 'provider_unavailable',
      extras: { reason: 'refused', nextAction: 'reauthorize' },
    })
    await stage.provider.behave(rejecting)
    await refreshNow(stage.ports, OPERATOR, connection.id)
    expect(await stage.stored(connection.id)).toMatchObject({ status: 'active', failure: null })
  })

  test('no grant is dead while all grants are rejected, because the client secret may be wrong', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const ids = [(await stage.adopt()).connection.id, (await stage.adopt()).connection.id]
    for (const id of ids) await refreshNow(stage.ports, OPERATOR, id)
    stage.clock.pass(MINUTE)
    await stage.provider.misbehave(EMPTY_400)
    for (let past = 0; past < 3 * HOUR; past += 10 * MINUTE) {
      stage.clock.pass(10 * MINUTE)
      for (const id of ids) await refresh(stage.ports, await stage.stored(id), 'forced')
    }
    for (const id of ids) expect((await stage.stored(id)).status).toBe('failing')
  })

  test('if a refresh with another client succeeds, a rejected grant still does not count as dead', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { id } = stage.provider.client
    const own = { id, secret: new Secret('wrong') }
    const { connection, family } = await stage.adopt({ demand: { client: own } })
    const other = await stage.adopt()
    await stage.provider.misbehave(EMPTY_400, { family })
    await rejectFor(stage, connection.id, 1)
    await refreshNow(stage.ports, OPERATOR, other.connection.id)
    await rejectFor(stage, connection.id, HOUR)
    expect((await stage.stored(connection.id)).status).toBe('failing')
  })

  test('rejections of a grant are counted in the database', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection, family } = await stage.adopt()
    await stage.provider.misbehave(INVALID_REQUEST, { family })
    await rejectFor(stage, connection.id, 10 * MINUTE)
    const { failure } = await stage.stored(connection.id)
    expect(failure?.rejections).toMatchObject({ answer: 'invalid_request' })
    expect(failure?.rejections?.times).toBeGreaterThan(3)
  })
})

describe('answers that are not such a rejection', () => {
  test.each<[string, Misbehaviour]>([
    ['a throttle of this user', json(400, { error: 'rate_limit_exceeded' })],
    ['a throttle status and another code', json(403, { error: { code: 403, status: 'QUOTA' } })],
    ['a Retry-After', { ...EMPTY_400, headers: { 'retry-after': '30' } }],
    ['a conflict', json(409, { error: 'invalid_request' })],
    ['a temporary error', json(400, { error: 'temporarily_unavailable' })],
  ])('an answer with %s never ends a grant', async (_, deed) => {
    await using stage = await openStage({ profile: 'plain' })
    const [{ connection, family }, other] = [await stage.adopt(), await stage.adopt()]
    await stage.provider.misbehave(deed, { family })
    await rejectFor(stage, connection.id, 1)
    await refresh(stage.ports, await stage.stored(other.connection.id), 'rescued')
    await rejectFor(stage, connection.id, HOUR)
    const after = await stage.stored(connection.id)
    expect(after.status).toBe('failing')
    expect(after.failure?.reason).not.toBe('refused')
  })

  test('rejections with different codes never end a grant', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const [{ connection, family }, other] = [await stage.adopt(), await stage.adopt()]
    for (let turn = 0; turn < 12; turn++) {
      const set = await stage.provider.misbehave(
        json(400, { error: turn % 2 ? 'access_denied' : 'invalid_request' }),
        {
          family,
        },
      )
      await rejectFor(stage, connection.id, 10 * MINUTE)
      await stage.provider.behave(set)
      stage.clock.pass(2 * MINUTE)
      await refreshNow(stage.ports, OPERATOR, other.connection.id)
    }
    expect((await stage.stored(connection.id)).status).toBe('failing')
  })
})

test('one dead grant without other traffic is not reported as an outage of its provider', async () => {
  for (const deed of [INVALID_REQUEST, EMPTY_400]) {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    await stage.provider.misbehave(deed)
    await rejectFor(stage, connection.id, 2 * HOUR)
    expect(await stateOfProvider(stage)).toBe('ok')
    expect((await eventsOf(stage)).filter((type) => type.startsWith('provider.'))).toEqual([])
  }
})

/** Refreshes as the schedule does, each time the back-off is over. */
async function rejectFor(stage: Stage, id: ConnectionId, ms: number): Promise<void> {
  for (const end = stage.clock.now() + ms; stage.clock.now() < end;) {
    await refresh(stage.ports, await stage.stored(id), 'scheduled')
    const { dueAt, status } = await stage.stored(id)
    if (status === 'disconnected') return
    stage.clock.pass(Math.max(1, (dueAt ?? 0) - stage.clock.now()))
  }
}

function read(stage: Stage, id: ConnectionId) {
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 30, rejected: null })
}

async function stateOfProvider(stage: Stage): Promise<string | undefined> {
  return (await readHealth(stage.ports)).providers.find(({ id }) => id === 'acme')?.state
}

async function eventsOf({ ports }: Stage): Promise<readonly string[]> {
  const events = await ports.store.events({ after: 0, limit: 100, reach: OPERATOR })
  return events.map(({ type, data }) => {
    const { reason, nextAction } = JSON.parse(data) as Record<string, unknown>
    return `${type}/${String(reason)}/${String(nextAction)}`
  })
}
