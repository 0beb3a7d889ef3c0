import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type CrashStage, openCrashStage } from '../crash/crash-stage.ts'

test('a start logs refresh attempts that a crash left open, and connections whose provider is not in the settings', async () => {
  await using stage = await openCrashStage({ provider: { profile: 'grace' } })
  const { provider } = stage
  const first = await stage.start()
  const [one] = await stage.adopt(2)
  if (one === undefined) throw new Error('no connection was imported')
  await provider.misbehave({ act: 'hold', before: 'answer' })
  void stage.api.post(`/v1/connections/${one.id}/refresh`).catch(() => undefined)
  await provider.until({ family: one.family, count: 1, phase: 'processed' })
  await stage.kill(first)
  await provider.behave()

  await using second = await stage.start()
  expect(await logged(second)).toMatchObject([
    { event: 'provider.ready', provider: 'acme' },
    { event: 'process.recovered', rotations: 0, attempts: 1 },
    { event: 'provider.ready', provider: 'acme' },
  ])
  await end(second)

  await renameProvider(stage)
  await using third = await stage.start()
  expect((await logged(third)).slice(3)).toMatchObject([
    { event: 'provider.ready', provider: 'acme-2' },
    { event: 'provider.missing', provider: 'acme', connections: 2 },
  ])
  const health = await stage.api.get('/healthz')
  expect(health.body).toMatchObject({ oldestOverdueMs: 0, connections: [{ provider: 'acme' }] })
  await end(third)
})

const LOGGED_AT_START = ['process.recovered', 'provider.ready', 'provider.missing']

/** Events of all processes so far. */
async function logged(
  larder: Awaited<ReturnType<CrashStage['start']>>,
): Promise<readonly unknown[]> {
  const lines = (await larder.output()).split('\n').filter((line) => line.startsWith('{'))
  const events = lines.map((line) => JSON.parse(line) as { readonly event: string })
  return events.filter(({ event }) => LOGGED_AT_START.includes(event))
}

async function renameProvider({ at }: CrashStage): Promise<void> {
  const file = at.environment['LARDER_CONFIG'] ?? ''
  const settings = JSON.parse(await readFile(file, 'utf8'))
  settings.providers = {
    'acme-2': settings.providers.acme,
    'icloud-caldav': {},
  }
  await writeFile(file, JSON.stringify(settings))
}

async function end(larder: Awaited<ReturnType<CrashStage['start']>>): Promise<void> {
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
}
