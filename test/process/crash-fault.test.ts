import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { storedTokensOf } from '../crash/vault-files.ts'
import { until } from '../support/until.ts'

const CANARY = 'canary-2b7e'

/** Preloaded into node from outside: the program itself has no door for tests. */
const onSignal = (fault: string) => `process.on('SIGUSR2', () => { ${fault} })`

test.each([
  ['a promise that was rejected', `Promise.reject(new RangeError('${CANARY}'))`],
  ['an exception', `setImmediate(() => { throw new RangeError('${CANARY}') })`],
])(
  '%s that nobody caught lets the rotation land, is told without its words, and ends with 70',
  async (_, fault) => {
    const preload = `--import=data:text/javascript,${encodeURIComponent(onSignal(fault))}`
    await using stage = await openCrashStage({
      provider: { profile: 'strict' },
      environment: { NODE_OPTIONS: preload },
    })
    const larder = await stage.start()
    const [one] = await stage.adopt(1)
    if (one === undefined) throw new Error('nothing was adopted')
    const { family, id } = one
    await stage.provider.misbehave({ act: 'hold', before: 'answer' })
    const refreshing = stage.api.post(`/v1/connections/${id}/refresh`)
    await stage.provider.until({ family, count: 1, phase: 'processed' })
    larder.kill('SIGUSR2')
    await until('it to say what befell it', async () => {
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
