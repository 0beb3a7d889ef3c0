import { newSeed } from '../../test/scripted-provider/seed.ts'
import { soak } from '../../test/soak/soak.ts'
import { onServerCore } from '../support/cores.ts'
import { built } from '../support/programs.ts'
import { type Bench, row, type Row, type Scenario } from '../scenario.ts'

const MINUTES = 3
const MOST_MIB = 160

export const mixedLoad: Scenario = {
  name: 'mixed-load',
  title: 'Memory under mixed load',
  method:
    'The load of `npm run test:soak`, which runs for 25 minutes and also judges growth: 200 reads ' +
    'and 20 forced refreshes a second, links, consents, imports, deletions, keys and three ' +
    `webhooks. Here it runs for ${MINUTES} minutes against the built program with the options of ` +
    'the image. The row shows the memory at its end.',
  run: measure,
}

async function measure({ tell }: Bench): Promise<readonly Row[]> {
  const program = built()
  const report = await soak({
    minutes: MINUTES,
    seed: newSeed(),
    program: [...onServerCore, process.execPath, '--disable-sigusr1', ...program.words],
    ...(program.environment && { environment: program.environment }),
  })
  for (const [what, count] of Object.entries(report.failures)) tell(`${count} of ${what}`)
  const last = report.rows.at(-1)
  if (last === undefined) throw new Error('no memory was recorded')
  const { residentMiB, memoryMiB } = last
  const text = `${residentMiB.toFixed(0)} MiB, ${memoryMiB.toFixed(0)} anonymous`
  return [
    row(`memory after ${MINUTES} minutes of mixed load, built`, text, {
      goal: { text: `at most ${MOST_MIB} MiB`, isMet: residentMiB <= MOST_MIB },
    }),
  ]
}
