import { expect, test } from 'vitest'
import { deleteConnection } from '../../src/vault/delete-connection.ts'
import { deliverRevocations } from '../../src/vault/deliver-revocations.ts'
import type { Misbehaviour } from '../support/scripted-provider/misbehaviour.ts'
import { openStage, OPERATOR, type Stage } from '../support/vault-stage.ts'

// A deletion is done at once, whatever the provider says to the revocation; that is said until it is heard.

const HOUR = 3_600_000
const WEEK = 7 * 24 * HOUR

test.each<[string, Misbehaviour]>([
  [
    'is in trouble',
    { act: 'answer', status: 503, body: 'empty', headers: { 'retry-after': '60' } },
  ],
  ['is hidden behind a firewall', { act: 'answer', status: 403, body: 'firewall-html' }],
  ['cuts the connection', { act: 'cut', after: 'request', ending: 'reset' }],
  ['does not answer', { act: 'silence' }],
])('a provider that %s is told again until it has heard', async (_, deed) => {
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
])('a provider that %s is told once', async (_, deed) => {
  await using stage = await openStage()
  const { connection } = await stage.adopt()
  await stage.provider.misbehave(deed, { endpoint: 'revoke' })
  await deleteConnection(stage.ports, OPERATOR, connection, { revoke: true })
  await deliverRevocations(stage.ports)
  expect(await queued(stage)).toBe(0)
})

test('a provider that never hears is given up after a week', async () => {
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
})

async function queued(stage: Stage): Promise<number> {
  return (await stage.ports.store.census(stage.clock.now())).revocationsQueued
}
