import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { deleteConnection } from '../../../src/vault/connections/delete-connection.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { importTokens } from '../../../src/vault/import/import-tokens.ts'
import { createScriptedProvider } from '../../scripted-provider/create-scripted-provider.ts'
import { ACME, NOTHING, openStage, OPERATOR, settingsFor } from '../../support/vault-stage.ts'

const HOUR = 3_600_000
const SEED = 'a provider that outlives the stage'

test('a queued revocation is sent after a restart when the provider answers again', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-revocations-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  await using provider = await createScriptedProvider({ seed: SEED })
  const [minted] = await provider.mintGrants(1)
  if (minted === undefined) throw new Error('nothing was minted')
  const open = () => openStage({ dataDir, seed: SEED, provider: settingsFor(provider) })
  const queued = async (stage: Awaited<ReturnType<typeof open>>) =>
    (await stage.ports.store.census(stage.clock.now())).revocationsQueued
  const trouble = await provider.misbehave('status-503', { endpoint: 'revoke' })
  {
    await using before = await open()
    const { connection } = await importTokens(before.ports, OPERATOR, {
      ...NOTHING,
      userId: 'user-1' as UserId,
      provider: ACME,
      accessToken: new Secret(minted.accessToken),
      refreshToken: new Secret(minted.refreshToken),
      accountId: minted.account.id,
      expiresAt: before.clock.now() + HOUR,
    })
    await deleteConnection(before.ports, OPERATOR, { id: connection.id }, { revoke: true })
    await deliverRevocations(before.ports)
    expect(await queued(before)).toBe(1)
  }
  await provider.behave(trouble)
  expect((await provider.family(minted.family)).revoked).toBeNull()

  await using after = await open()
  expect(await queued(after)).toBe(1)
  after.clock.pass(HOUR)
  await deliverRevocations(after.ports)
  expect(await queued(after)).toBe(0)
  expect((await provider.family(minted.family)).revoked?.cause).toBe('revocation_endpoint')
})
