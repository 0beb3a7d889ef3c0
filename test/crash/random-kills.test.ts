import { beforeAll, expect, test } from 'vitest'
import { newSeed } from '../scripted-provider/seed.ts'
import { faultsOf, killManyTimes, warmCompileCache } from './many-lives.ts'

// A short form; `npm run test:crash -- --kills 10000` plays it at full length.

beforeAll(warmCompileCache)

const KILLS = 12

test.concurrent.each(['grace', 'strict'] as const)(
  'at a provider of profile %s, killed at random instants, it loses no more than it must, and says so',
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
