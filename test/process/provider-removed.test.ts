import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type CrashStage, openCrashStage } from '../crash/crash-stage.ts'

test('a provider that is removed from the settings keeps its connections, and they refresh again once the provider is back', async () => {
  await using stage = await openCrashStage({ provider: { profile: 'strict' } })
  await using first = await stage.start()
  const [one] = await stage.adopt(1)
  if (one === undefined) throw new Error('no connection was imported')
  const path = `/v1/connections/${one.id}`
  const { body: before } = await stage.api.get(path)
  await end(first)

  const acme = await configureProviders(stage, {})
  await using second = await stage.start()
  expect(await stage.api.post(`${path}/refresh`)).toMatchObject({
    status: 502,
    body: { code: 'provider_misconfigured', nextAction: 'fix_configuration' },
  })
  expect((await stage.api.get(path)).body).toEqual(before)
  const served = await stage.api.get(`${path}/token`)
  expect(served).toMatchObject({ status: 200, body: { status: 'active', provider: 'acme' } })
  expect(await stage.provider.requests({ family: one.family })).toEqual([])
  await end(second)

  await configureProviders(stage, acme)
  await using third = await stage.start()
  const refreshed = await stage.api.post(`${path}/refresh`)
  expect(refreshed).toMatchObject({ status: 200, body: { status: 'active', failure: null } })
  expect((await stage.provider.family(one.family)).revoked).toBeNull()
  await end(third)
}, 90_000)

/** Returns the providers configured before. */
async function configureProviders({ at }: CrashStage, providers: unknown): Promise<unknown> {
  const file = at.environment['LARDER_CONFIG'] ?? ''
  const settings = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...settings, providers }))
  return settings.providers
}

async function end(larder: Awaited<ReturnType<CrashStage['start']>>): Promise<void> {
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
}
