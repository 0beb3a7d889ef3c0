import { expect, test } from 'vitest'
import type { Ports } from '../../../src/ports/ports.ts'
import { createApiKey, revokeApiKey } from '../../../src/vault/operate/api-keys.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'

const READER = { permissions: ['tokens:read'] as const, providers: null, userIdPrefix: null }

test('a repeated revocation of an API key also removes the key from memory', async () => {
  await using stage = await openStage()
  const { callers } = stage.ports
  const { key, secret } = await createApiKey(stage.ports, OPERATOR, { name: 'app', ...READER })
  await stage.ports.store.write((trx) => trx.revokeApiKey(key.id, stage.clock.now()))
  await expect(revokeApiKey(stage.ports, OPERATOR, key.id)).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(callers.authenticate(secret)).toBeNull()
})

test('a revoked API key is refused at once, also if it is the last key that was accepted', async () => {
  await using stage = await openStage()
  const { callers } = stage.ports
  const { key, secret } = await createApiKey(stage.ports, OPERATOR, { name: 'app', ...READER })
  expect(callers.authenticate(secret)).toMatchObject({ keyId: key.id })
  await revokeApiKey(stage.ports, OPERATOR, key.id)
  expect(callers.authenticate(secret)).toBeNull()
})

test('a key of the same length as the last accepted key is refused if it differs', async () => {
  await using stage = await openStage()
  const { callers } = stage.ports
  const { secret } = await createApiKey(stage.ports, OPERATOR, { name: 'app', ...READER })
  expect(callers.authenticate(secret)).not.toBeNull()
  const last = secret.endsWith('A') ? 'B' : 'A'
  expect(callers.authenticate(secret.slice(0, -1) + last)).toBeNull()
  expect(callers.authenticate(`${secret}A`)).toBeNull()
})

test('creating or revoking an API key does not read the other keys', async () => {
  await using stage = await openStage()
  const { callers } = stage.ports
  const store = { ...stage.ports.store, apiKeys: unread, liveApiKeys: unread }
  const ports: Ports = { ...stage.ports, store }
  const one = await createApiKey(ports, OPERATOR, { name: 'one', ...READER })
  const two = await createApiKey(ports, OPERATOR, { name: 'two', ...READER })
  await revokeApiKey(ports, OPERATOR, one.key.id)
  expect(callers.authenticate(one.secret)).toBeNull()
  expect(callers.authenticate(two.secret)).toMatchObject({ keyId: two.key.id })
})

function unread(): Promise<never> {
  return Promise.reject(new Error('all keys were read'))
}
