import { expect, test } from 'vitest'
import { notRun } from './not-run.ts'
import { canTrace } from './strace.ts'
import { killAtEverySyscall } from './syscall-kills.ts'

// A sample of `npm run test:crash -- syscalls`, which kills at every call.

/** The seventh write puts the answer into the journal. Both samples include it. */
test.concurrent.for([
  ['strict', 3, ['pwrite64 larder.journal']],
  ['grace', 6, []],
] as const)(
  'if Larder is killed at a write or fsync of a refresh at a %s provider, it loses only a rotation not yet in the journal',
  { timeout: 120_000 },
  async ([profile, every, losable], context) => {
    if (!canTrace()) notRun(context, 'strace cannot trace here')
    const report = await killAtEverySyscall({
      profile,
      every,
      seed: 'sample',
      syscalls: ['pwrite64', 'fsync'],
      checkpoints: false,
    })
    expect(
      report.kills.flatMap(({ fault, at }) => (fault === null ? [] : `${at}: ${fault}`)),
    ).toEqual([])
    expect(report.violations).toEqual([])
    const lost = report.kills.filter(({ outcome }) => outcome === 'lost')
    expect(lost.map(({ at }) => at)).toEqual(losable)
    expect(new Set(report.kills.map(({ at }) => at))).toContain('pwrite64 larder.journal')
  },
)
