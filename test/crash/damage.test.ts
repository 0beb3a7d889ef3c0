import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCrashStage } from './crash-stage.ts'
import { damageManyTimes } from './damage.ts'
import { notRun } from './not-run.ts'
import { integrityOf } from './vault-files.ts'

test('a damaged vault never serves a wrong token: Larder refuses it, or opens it and reports unreadable values', async () => {
  const report = await damageManyTimes(60, 'damage')
  expect(report.faults).toEqual([])
  expect(report.refused).toBeGreaterThan(0)
  expect(report.refused + report.detected + report.unharmed + report.older).toBe(60)
})

test('a start exits 74 and creates no empty vault if the database file was deleted', async () => {
  await using stage = await openCrashStage({ provider: {} })
  const larder = await stage.start()
  await stage.adopt(1)
  larder.kill('SIGTERM')
  await larder.ended
  const database = join(stage.at.dataDir, 'larder.db')
  rmSync(database)
  const refused = await stage.spawn()
  expect(await refused.ended).toBe(74)
  expect(await refused.output()).toContain('the database is gone or empty, and a vault was here')
  expect(existsSync(database)).toBe(false)
})

test('a start logs vault.made only when it creates a vault, so the operator notices a missing volume', async () => {
  await using stage = await openCrashStage({ provider: {} })
  const larder = await stage.start()
  expect(await larder.output()).toContain('"event":"vault.made"')
  await stage.kill(larder)
  const again = await stage.start()
  expect((await again.output()).split('vault.made').length).toBe(2)
})

test('a start exits 74 and names EACCES if the data directory belongs to another user', async (context) => {
  if (process.getuid?.() !== 0) notRun(context, 'it takes root to run as another user')
  await using stage = await openCrashStage({ provider: {} })
  const larder = await stage.start()
  await stage.kill(larder)
  const { directory, environment, dataDir } = stage.at
  chmodSync(directory, 0o755)
  chmodSync(environment['LARDER_CONFIG'] ?? '', 0o644)
  const refused = await stage.spawn(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'])
  expect(await refused.ended).toBe(74)
  expect(await refused.output()).toContain('the data directory cannot be used (EACCES)')
  expect(await integrityOf(dataDir)).toBe('ok')
})
