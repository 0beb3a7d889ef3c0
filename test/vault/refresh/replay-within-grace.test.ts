import { expect, test } from 'vitest'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { rescueAttempts } from '../../../src/vault/upkeep/rescue-attempts.ts'
import { until } from '../../support/until.ts'
import { openStage, type Stage } from '../../support/vault-stage.ts'

const GRACE = 600_000
const LOST = { act: 'cut', after: 'processing', ending: 'reset' } as const

/** A vendor that accepts a spent refresh token for ten minutes and treats later reuse as theft. */
const open = () =>
  openStage({
    profile: 'grace',
    provider: { refreshTokens: { replay: 'within-grace', graceSeconds: GRACE / 1000 } },
  })

const requests = ({ provider }: Stage) => provider.requestCount()

test('a lost answer is replayed within the grace', async () => {
  await using stage = await open()
  const { connection } = await stage.adopt()
  await stage.provider.misbehave(LOST, { next: 1 })
  expect((await refresh(stage.ports, connection, 'scheduled')).kind).toBe('refreshed')
  expect((await stage.stored(connection.id)).attempt).toBeNull()
})

test.each(['at start', 'when due'] as const)(
  'a rescue %s sends the refresh token again within the grace',
  async (when) => {
    await using stage = await open()
    const { connection } = await stage.adopt()
    const fault = await stage.provider.misbehave(LOST)
    await refresh(stage.ports, connection, 'scheduled')
    await stage.provider.behave(fault)
    stage.clock.pass(GRACE / 2)
    expect(await rescueAttempts(stage.ports, when)).toBe(1)
    await until('the rescue to end', async () => stage.ports.flights.size === 0)
    expect((await stage.stored(connection.id)).status).toBe('active')
  },
)

test.each(['asked', 'scheduled', 'forced', 'rescued'] as const)(
  'a refresh (%s) after the grace does not send a refresh token that may be used up',
  async (wanted) => {
    await using stage = await open()
    const { connection } = await stage.adopt()
    const fault = await stage.provider.misbehave(LOST)
    await refresh(stage.ports, connection, 'scheduled')
    await stage.provider.behave(fault)
    stage.clock.pass(GRACE + 60_000)
    const before = await requests(stage)
    await refresh(stage.ports, await stage.stored(connection.id), wanted)
    expect(await requests(stage)).toBe(before)
    expect(await stage.stored(connection.id)).toMatchObject({
      status: 'disconnected',
      failure: { reason: 'interrupted' },
      dueAt: null,
    })
  },
)

test('an outage longer than the grace ends no grant', async () => {
  await using stage = await open()
  const { connection } = await stage.adopt()
  const outage = await stage.provider.misbehave({ act: 'answer', status: 503, body: 'html' })
  await refresh(stage.ports, connection, 'scheduled')
  stage.clock.pass(GRACE + 60_000)
  await refresh(stage.ports, await stage.stored(connection.id), 'forced')
  expect((await stage.stored(connection.id)).status).toBe('failing')
  await stage.provider.behave(outage)
  await refresh(stage.ports, await stage.stored(connection.id), 'forced')
  expect((await stage.stored(connection.id)).status).toBe('active')
})

test('a dead grant is not probed at a provider that revokes a grant on reuse', async () => {
  await using stage = await open()
  const { connection } = await stage.adopt()
  await stage.provider.misbehave({ act: 'refuse', error: 'invalid_grant', status: 400 })
  await refresh(stage.ports, connection, 'scheduled')
  expect(await stage.stored(connection.id)).toMatchObject({ status: 'disconnected', dueAt: null })
})
