import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'

test.each([
  ['shorter than its deadline', 25, 1_500],
  ['longer than its deadline', 1, 3_000],
])(
  'an answer that came while the process stood still, %s, is heard',
  async (_, deadlineSeconds, ms) => {
    await using stage = await openCrashStage({
      provider: { profile: 'strict' },
      refresh: { deadlineSeconds, leaseSeconds: 60 },
    })
    const larder = await stage.start()
    const [one] = await stage.adopt(1)
    if (one === undefined) throw new Error('nothing was adopted')
    const { family, id } = one
    await stage.provider.misbehave({ act: 'hold', before: 'answer' })
    const refreshing = stage.api.post(`/v1/connections/${id}/refresh`)
    await stage.provider.until({ family, count: 1, phase: 'processed' })
    larder.kill('SIGSTOP')
    await stage.provider.behave()
    await stage.provider.until({ family, count: 1, phase: 'answered' })
    await wait(ms)
    larder.kill('SIGCONT')
    expect((await refreshing).status).toBe(200)
    expect((await stage.provider.requests({ family })).length).toBe(1)
    expect((await stage.api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
    expect((await stage.provider.family(family)).revoked).toBeNull()
  },
)
