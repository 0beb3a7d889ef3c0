import { beforeAll, expect, test } from 'vitest'
import { newSeed } from '../scripted-provider/seed.ts'
import { faultsOf, killManyTimes, warmCompileCache } from './many-lives.ts'

// The short form of `npm run test:crash -- --kills 10000`.

beforeAll(warmCompileCache)

const KILLS = 12

test.concurrent.each(['grace', 'strict'] as const)(
  'if Larder is killed at random times at a %s provider, it loses only rotations whose answer it could not store, and reports them',
  async (profile) => {
    const seed = newSeed()
    const report = await killManyTimes({ profile, kills: KILLS, seed, parallel: 1 })
    expect(faultsOf(report, profile), `seed ${seed}`).toEqual([])
    expect(report.kills).toBe(KILLS)
    expect(report.refreshes).toBeGreaterThan(report.connections)
    if (profile === 'grace') expect(report.reuseRevocations).toBe(0)
  },
  180_000,
)
