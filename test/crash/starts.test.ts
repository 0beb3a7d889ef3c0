import { expect, test } from 'vitest'
import { notRun } from './not-run.ts'
import { killFirstStarts, killMigrations } from './starts.ts'
import { canTrace } from './strace.ts'

// A sample; `npm run test:crash -- starts` takes every one.

test.for([
  ['the very first start', 9, killFirstStarts],
  ['a start that migrates', 3, killMigrations],
] as const)(
  '%s, killed at a write, is followed by one that has all there was',
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
