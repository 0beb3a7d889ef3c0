import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type CrashStage, openCrashStage } from '../crash/crash-stage.ts'

test('after the client id in the settings changed, a refresh fails as misconfigured and sends no refresh token of the old client', async () => {
  await using stage = await openCrashStage({ provider: { profile: 'strict' } })
  await using first = await stage.start()
  const [one] = await stage.adopt(1)
  if (one === undefined) throw new Error('no connection was imported')
  const path = `/v1/connections/${one.id}`
  const { id: ours } = stage.provider.client
  await end(first)

  await configureClient(stage, 'another')
  await using second = await stage.start()
  const refused = await stage.api.post(`${path}/refresh`)
  expect(refused).toMatchObject({ status: 502, body: { code: 'provider_misconfigured' } })
  const { body } = await stage.api.get(path)
  expect(body).toMatchObject({
    status: 'failing',
    alive: true,
    failure: { reason: 'provider_misconfigured', nextAction: 'fix_configuration' },
  })
  const served = await stage.api.get(`${path}/token`)
  expect(served).toMatchObject({ status: 200, body: { warnings: ['refresh_failing'] } })
  expect(await stage.provider.requests({ family: one.family })).toEqual([])
  await end(second)

  await configureClient(stage, ours)
  await using third = await stage.start()
  const healed = await stage.api.post(`${path}/refresh`)
  expect(healed).toMatchObject({ status: 200, body: { status: 'active', failure: null } })
  await end(third)
})

async function configureClient({ at }: CrashStage, clientId: string): Promise<void> {
  const file = at.environment['LARDER_CONFIG'] ?? ''
  const settings = JSON.parse(await readFile(file, 'utf8'))
  settings.providers.acme.clientId = clientId
  await writeFile(file, JSON.stringify(settings))
}

async function end(larder: Awaited<ReturnType<CrashStage['start']>>): Promise<void> {
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
}
