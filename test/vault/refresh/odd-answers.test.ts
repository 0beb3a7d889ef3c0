import { expect, test } from 'vitest'
import { viewConnection } from '../../../src/core/events/connection-view.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { until } from '../../support/until.ts'
import { openStage } from '../../support/vault-stage.ts'
import { read, tokenRequests } from './refresh-stage.ts'

// Good answers with an odd value cause no refresh loop and no invalid date.

test.each<[string, unknown, { set: Record<string, never> } | { unset: readonly string[] }]>([
  ...[0, -1, 30, 1e12, 1e300, 0.5, 'never', '', ' 3600 ', '60s', null, true, [], {}].map(
    (value) => [JSON.stringify(value), value, { set: { expires_in: value } }],
  ),
  ['nothing', undefined, { unset: ['expires_in'] }],
] as never)('an answer with expires_in %s causes no refresh loop', async (_, value, edit) => {
  await using stage = await openStage()
  const { connection } = await stage.adopt()
  await stage.provider.misbehave({ act: 'edit', ...edit })
  await refresh(stage.ports, connection, 'scheduled')
  const after = await stage.stored(connection.id)
  expect(after.status).toBe('active')
  expect(viewConnection(after, stage.clock.now()).expiresAt).toSatisfy(
    (text: string | null) => text === null || !Number.isNaN(Date.parse(text)),
  )
  const before = await tokenRequests(stage)
  for (let second = 0; second < 50; second++) {
    await refreshDue(stage.ports)
    await read(stage, connection).catch(() => null)
    await until('the flights to land', () => stage.ports.flights.size === 0)
    stage.clock.pass(1_000)
  }
  // An expired token is refreshed once more; one of thirty seconds every fifteen seconds.
  expect((await tokenRequests(stage)) - before).toBeLessThanOrEqual(value === 30 ? 4 : 1)
})

test('a refresh that returns the same refresh token still increments the generation', async () => {
  await using stage = await openStage({ profile: 'same-token' })
  const { connection, refreshToken, family } = await stage.adopt()
  for (const generation of [2, 3, 4]) {
    await refresh(stage.ports, await stage.stored(connection.id), 'scheduled')
    const { grant, status } = await stage.stored(connection.id)
    expect([status, grant.generation]).toEqual(['active', generation])
    expect(grant.refreshToken?.open().expose()).toBe(refreshToken)
  }
  expect((await stage.provider.family(family)).revoked).toBeNull()
})
