import { parseArgs } from 'node:util'
import { newSeed } from '../support/scripted-provider/seed.ts'
import { figure, table } from './figures.ts'
import { faultsOf, killManyTimes, loopFigures } from './many-lives.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    profile: { type: 'string' },
    seed: { type: 'string', default: newSeed() },
    parallel: { type: 'string', default: '2' },
  },
})

const profiles = (['grace', 'strict'] as const).filter((profile) => {
  return values.profile === undefined || values.profile === profile
})
for (const profile of profiles) await loop(profile)

async function loop(profile: 'grace' | 'strict'): Promise<void> {
  const startedAt = performance.now()
  const kills = Number(values.kills)
  let told = 0
  const report = await killManyTimes({
    profile,
    kills,
    seed: values.seed,
    parallel: Number(values.parallel),
    progress: (soFar) => {
      tell(`${soFar.kills} of ${kills} kills, ${soFar.losses.length} lost`)
      for (const fault of faultsOf(soFar, profile).slice(told)) tell(fault)
      told = faultsOf(soFar, profile).length
    },
  })
  const minutes = (performance.now() - startedAt) / 60_000
  say(
    table(`random kills, profile ${profile}, --seed ${values.seed}`, [
      ...loopFigures(report),
      figure('took', `${minutes.toFixed(1)} min, ${Math.round(kills / minutes)} kills a minute`),
    ]),
  )
  if (faultsOf(report, profile).length > 0) process.exitCode = 1
}

/** Figures. */
function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** What happens meanwhile. */
function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
