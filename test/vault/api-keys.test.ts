import { expect, test } from 'vitest'
import { StoreError } from '../../src/core/errors.ts'
import type { Ports } from '../../src/ports.ts'
import { createApiKey, revokeApiKey } from '../../src/vault/api-keys.ts'
import { openStage, OPERATOR } from '../support/vault-stage.ts'

test('a key whose revocation was written and not heard of is revoked by the next try', async () => {
  await using stage = await openStage()
  const { callers } = stage.ports
  const reach = { permissions: ['tokens:read'] as const, providers: null, userIdPrefix: null }
  const { key, secret } = await createApiKey(stage.ports, OPERATOR, { name: 'app', ...reach })
  const deaf: Ports['callers'] = {
    authenticate: (bearer) => callers.authenticate(bearer),
    reload: () => Promise.reject(new StoreError('io_error', null)),
  }
  await expect(revokeApiKey({ ...stage.ports, callers: deaf }, OPERATOR, key.id)).rejects.toThrow(
    StoreError,
  )
  await expect(revokeApiKey(stage.ports, OPERATOR, key.id)).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(callers.authenticate(secret)).toBeNull()
})
