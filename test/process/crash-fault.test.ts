import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { storedTokensOf } from '../crash/vault-files.ts'
import { until } from '../support/until.ts'

const CANARY = 'canary-2b7e'

/** A module that Node preloads, because the program has no test hooks. */
const onSignal = (fault: string) => `process.on('SIGUSR2', () => { ${fault} })`

test.each([
  ['a rejected promise', `Promise.reject(new RangeError('${CANARY}'))`],
  ['an exception', `setImmediate(() => { throw new RangeError('${CANARY}') })`],
])(
  'after %s that no code catches, Larder stores the rotation, logs no error message and exits 70',
  async (_, fault) => {
    const preload = `--import=data:text/javascript,${encodeURIComponent(onSignal(fault))}`
    await using stage = await openCrashStage({
      provider: { profile: 'strict' },
      environment: { NODE_OPTIONS: preload },
    })
    const larder = await stage.start()
    const [one] = await stage.adopt(1)
    if (one === undefined) throw new Error('no connection was imported')
    const { family, id } = one
    await stage.provider.misbehave({ act: 'hold', before: 'answer' })
    const refreshing = stage.api.post(`/v1/connections/${id}/refresh`)
    await stage.provider.until({ family, count: 1, phase: 'processed' })
    larder.kill('SIGUSR2')
    await until('the crash to be logged', async () => {
      return (await larder.output()).includes('process.crashed')
    })
    await stage.provider.behave()
    expect((await refreshing).status).toBe(200)
    expect(await larder.ended).toBe(70)
    const output = await larder.output()
    expect(output).not.toContain(CANARY)
    expect(output.trim().split('\n').at(-1)).toContain('"event":"process.stopped"')
    const { current, revoked } = await stage.provider.family(family)
    expect(revoked).toBeNull()
    expect(await storedTokensOf(stage.at.dataDir)).toEqual([{ family, refreshToken: current }])
  },
)
