import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { createScriptedProvider } from '../../scripted-provider/create-scripted-provider.ts'
import { inTheAir } from '../running-refresh.ts'
import { openStage, OPERATOR, settingsFor, type Stage } from '../../support/vault-stage.ts'

const ACCOUNT = { id: 'a-1', email: 'a@example.com', name: 'A' }

test('a rejected token is not served after a restart until the provider is back', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-rejected-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const seed = 'a provider that outlives the stage'
  await using provider = await createScriptedProvider({ seed })
  const open = () => openStage({ dataDir, seed, provider: settingsFor(provider) })
  const trouble = await provider.misbehave('status-503', { endpoint: 'token' })
  const id = await (async () => {
    await using before = await open()
    const { connection } = await before.adopt()
    await expect(report(before, connection.id)).rejects.toMatchObject({ code: UNAVAILABLE })
    return connection.id
  })()
  await using after = await open()
  expect(after.vault.dataDir).toBe(dataDir)
  await expect(read(after, id)).rejects.toMatchObject({ code: UNAVAILABLE })
  expect(await after.stored(id)).toMatchObject({ status: 'failing' })
  await provider.behave(trouble)
})

test('a report of a rejected token during a refresh keeps the rotation', async () => {
  await using stage = await openStage()
  const adopted = await stage.adopt()
  const { id } = adopted.connection
  const { held, landed } = await inTheAir(stage, adopted, null)
  const reporting = report(stage, id)
  await stage.provider.behave(held)
  await landed
  const served = await reporting
  expect(served.connection.grant.generation).toBe(2)
  const truth = await stage.provider.family(adopted.family)
  expect((await stage.stored(id)).grant.refreshToken?.open().expose()).toBe(truth.current)
})

test.each([0, 1])(
  'a token that is reported as rejected for sibling %i is not served to the other sibling',
  async (which) => {
    const refreshTokens = { endsSiblings: true }
    await using stage = await openStage({ provider: { refreshTokens } })
    const first = await stage.adopt({ account: ACCOUNT })
    const second = await stage.adopt({ account: ACCOUNT, demand: { userId: 'other' as never } })
    const both = [first, second].map(({ connection }) => connection.id)
    for (const id of both) await stage.stored(id)
    const [reporter, reader] = which === 0 ? both : both.toReversed()
    const shared = await Promise.all(both.map((id) => stage.stored(id)))
    await stage.provider.misbehave('status-503', { endpoint: 'token' })
    await expect(report(stage, reporter)).rejects.toMatchObject({ code: UNAVAILABLE })
    const sharesToken = shared[0]?.grant.token?.tokenId === shared[1]?.grant.token?.tokenId
    expect(sharesToken).toBe(true)
    await expect(read(stage, reader)).rejects.toMatchObject({ code: UNAVAILABLE })
  },
)

const UNAVAILABLE = 'provider_unavailable'

async function report(stage: Stage, id: ConnectionId | undefined) {
  if (id === undefined) throw new Error('no connection')
  const rejected = (await stage.stored(id)).grant.token?.tokenId ?? null
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 60, rejected })
}

async function read(stage: Stage, id: ConnectionId | undefined) {
  if (id === undefined) throw new Error('no connection')
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 60, rejected: null })
}
