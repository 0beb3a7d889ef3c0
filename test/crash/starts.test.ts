import { expect, test } from 'vitest'
import { notRun } from './not-run.ts'
import { killFirstStarts, killMigrations } from './starts.ts'
import { canTrace } from './strace.ts'

// A sample of `npm run test:crash -- starts`, which kills at every call.

test.for([
  ['the very first start', 9, killFirstStarts],
  ['a start that migrates', 3, killMigrations],
] as const)(
  'if %s is killed at a write, the next start works and has all data',
  { timeout: 120_000 },
  async ([, every, killStarts], context) => {
    if (!canTrace()) notRun(context, 'strace cannot trace here')
    const fsyncs = await killStarts({ syscalls: ['fsync'], every })
    const writes = await killStarts({ syscalls: ['pwrite64'], every: every * 11 })
    const kills = [...fsyncs, ...writes]
    expect(kills.flatMap(({ at, fault }) => (fault === null ? [] : `${at}: ${fault}`))).toEqual([])
    expect(fsyncs.length).toBeGreaterThan(1)
    expect(writes.length).toBeGreaterThan(1)
  },
)
