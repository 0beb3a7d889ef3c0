import { expect, test } from 'vitest'
import type { Ports } from '../../../src/ports/ports.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { openStage, type Stage } from '../../support/vault-stage.ts'

const MINUTE = 60_000

test('a grant of a replaced client follows its back-off, and recovers when the client is configured again', async () => {
  await using stage = await openStage({ profile: 'strict' })
  const { connection, family } = await stage.adopt()
  const changed = withClient(stage, 'another')

  const first = await refresh(changed, connection, 'scheduled')
  expect(first).toMatchObject({ kind: 'failed', outcome: { kind: 'client_config' } })
  const failing = await stage.stored(connection.id)
  expect(failing).toMatchObject({ status: 'failing', attempt: null })
  expect(failing.failure?.reason).toBe('provider_misconfigured')
  expect(failing.dueAt).toBeGreaterThan(stage.clock.now())

  stage.clock.pass(MINUTE)
  await refresh(changed, failing, 'scheduled')
  const second = await stage.stored(connection.id)
  expect(second.failure).toMatchObject({ attempts: 2, since: failing.failure?.since })
  expect(await stage.provider.requests({ family })).toEqual([])

  expect(await refresh(stage.ports, second, 'scheduled')).toMatchObject({ kind: 'refreshed' })
  expect((await stage.stored(connection.id)).status).toBe('active')
})

test('a disconnected connection keeps its reason if its client is replaced', async () => {
  await using stage = await openStage({ profile: 'strict' })
  const { connection, family } = await stage.adopt()
  await stage.provider.revokeGrant(family)
  await refresh(stage.ports, connection, 'forced')
  const dead = await stage.stored(connection.id)
  const result = await refresh(withClient(stage, 'another'), dead, 'forced')
  expect(result).toMatchObject({ connection: { status: 'disconnected' } })
  expect((await stage.stored(connection.id)).failure?.reason).toBe('revoked')
  expect(await stage.provider.requests({ family })).toHaveLength(1)
})

/** The same vault under settings with another client. */
function withClient({ ports }: Stage, id: string): Ports {
  const clientName: Ports['endpoint']['clientName'] = (provider) => `${provider}/${id}`
  return { ...ports, endpoint: { ...ports.endpoint, clientName } }
}
