import { expect, test } from 'vitest'
import { settle } from '../siblings-stage.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'

const HOUR = 3_600_000

test('days of server errors for one grant disconnect no connection and delay no other grant', async () => {
  await using stage = await openStage()
  const troubled = await stage.adopt()
  const healthy = await stage.adopt()
  const { family } = troubled
  const trouble = await stage.provider.misbehave(
    { act: 'answer', status: 500, body: 'html' },
    { family },
  )
  const since = stage.clock.now()
  for (let passed = 0; passed < 72; passed += 6) {
    stage.clock.pass(6 * HOUR)
    await settle(stage)
    const active = await stage.stored(healthy.connection.id)
    expect(active).toMatchObject({ status: 'active', failure: null })
    expect(await stage.stored(troubled.connection.id)).toMatchObject({
      status: 'failing',
      failure: { reason: 'provider_unavailable', attempts: passed / 6 + 1 },
    })
  }
  const days = await stage.stored(troubled.connection.id)
  expect((days.failure?.since ?? 0) - since).toBeLessThan(7 * HOUR)
  expect((await stage.stored(healthy.connection.id)).grant.generation).toBe(13)

  await stage.provider.behave(trouble)
  stage.clock.pass(HOUR)
  await settle(stage)
  expect(await stage.stored(troubled.connection.id)).toMatchObject({ status: 'active' })
  expect((await stage.provider.family(family)).revoked).toBeNull()
  const told = await stage.ports.store.events({ after: 0, limit: 100, reach: OPERATOR })
  expect(told.map(({ type }) => type)).toEqual([
    'connection.created',
    'connection.created',
    'connection.failing',
    'connection.recovered',
  ])
})
