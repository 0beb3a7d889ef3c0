import { chmodSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCrashStage } from './crash-stage.ts'
import { damageManyTimes } from './damage.ts'
import { notRun } from './not-run.ts'
import { integrityOf } from './vault-files.ts'

test('a damaged vault refuses to open, or tells what is unreadable, and never shows a wrong token', async () => {
  const report = await damageManyTimes(60, 'damage')
  expect(report.faults).toEqual([])
  expect(report.refused).toBeGreaterThan(0)
  expect(report.refused + report.detected + report.unharmed + report.older).toBe(60)
})

test('a vault that was deleted is not replaced by an empty one', async () => {
  await using stage = await openCrashStage({ provider: {} })
  const larder = await stage.start()
  await stage.adopt(1)
  larder.kill('SIGTERM')
  await larder.ended
  const database = join(stage.at.dataDir, 'larder.db')
  rmSync(database)
  const refused = await stage.spawn()
  expect(await refused.ended).toBe(74)
  expect(await refused.output()).toContain('the database file is gone, and a vault was here')
  expect(existsSync(database)).toBe(false)
})

test('a new vault is told of, so that a missing volume is seen', async () => {
  await using stage = await openCrashStage({ provider: {} })
  const larder = await stage.start()
  expect(await larder.output()).toContain('"event":"vault.made"')
  await stage.kill(larder)
  const again = await stage.start()
  expect((await again.output()).split('vault.made').length).toBe(2)
})

test('a directory of another user is refused, and told', async (context) => {
  if (process.getuid?.() !== 0) notRun(context, 'it takes root to become somebody else')
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
