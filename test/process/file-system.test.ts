import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { notRun } from '../crash/not-run.ts'
import { canMount, mountOverlay, mountSmallDisk } from '../crash/small-disk.ts'

test('a start warns once about a data directory in the container’s own layer, and serves tokens', async (context) => {
  if (!canMount()) notRun(context, 'it takes root to mount a disk')
  using disk = mountSmallDisk(16)
  using overlay = mountOverlay(disk)
  if (overlay === null) notRun(context, 'there is no overlay file system here')
  const environment = { LARDER_DATA_DIR: join(overlay.path, 'not', 'made', 'yet') }
  await using stage = await openCrashStage({ provider: {}, environment })
  const larder = await stage.start()
  expect(await stage.adopt(1)).toHaveLength(1)
  const doubts = (await larder.output()).split('\n').filter((line) => line.includes('doubted'))
  expect(doubts.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    {
      level: 'warn',
      warning: expect.stringContaining("LARDER_DATA_DIR: in a container's own layer (overlay)"),
    },
  ])
  await stage.kill(larder)
})
