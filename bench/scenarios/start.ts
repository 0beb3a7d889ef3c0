import { atMost } from '../../test/support/figures.ts'
import type { Installation } from '../../test/support/larder-process.ts'
import { bareStartMs } from '../support/bare-node.ts'
import { median, ms } from '../support/compare.ts'
import { profileStart, startDaemon } from '../support/daemon.ts'
import { benchInstallation } from '../support/installation.ts'
import { built, type Program, sources } from '../support/programs.ts'
import { type Bench, row, type Row, type Scenario } from '../scenario.ts'

const ROUNDS = 7
const MOST_OF_NODE = 6
const MOST_OF_EMPTY = 1.3

export const start: Scenario = {
  name: 'start',
  title: 'Start to ready',
  method:
    'The time from the start of the process to the first 200 of `/readyz`, which is requested every ' +
    'two milliseconds. Each vault was opened before and was closed cleanly, and its pages are in ' +
    'the cache of the system. The yardstick of the empty vault is `node -e 0` from its start to ' +
    `its end; that of the large vault is the start with the empty one. ${ROUNDS} rounds alternate, ` +
    'after one that is not counted, in which the check of the large database ends. A built program ' +
    'has a filled compile cache, as in the image.',
  inTheWay:
    'In the profile of the start of the built program, evaluating modules takes 30 %, garbage ' +
    'collection 10 %, reading and checking the settings 10 %, the modules of Node that the ' +
    'program needs 9 %, the rehearsal of a refresh 7 %, the listeners and the proof of the ' +
    'guard against private addresses 4 % each. A larger young generation (4, 8 or 16 MiB) ' +
    'changes nothing.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  await using empty = await benchInstallation(bench, { size: 0 })
  await using large = await benchInstallation(bench, { size: bench.size })
  const rows: Row[] = []
  for (const program of [sources, built()]) {
    rows.push(...(await measureProgram(program, { empty, large, size: bench.size })))
  }
  await profileStart(empty, bench, 'start-empty')
  await profileStart(large, bench, 'start-large')
  return rows
}

async function measureProgram(
  program: Program,
  { empty, large, size }: { empty: Installation; large: Installation; size: number },
): Promise<readonly Row[]> {
  await readyAfterMs(empty, program)
  await readyAfterMs(large, program)
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    const bare = await bareStartMs()
    const [ofEmpty, ofLarge] = [
      await readyAfterMs(empty, program),
      await readyAfterMs(large, program),
    ]
    rounds.push({ bare, ofEmpty, ofLarge })
  }
  const bare = median(rounds.map((round) => round.bare))
  const ofEmpty = median(rounds.map((round) => round.ofEmpty))
  const ofLarge = median(rounds.map((round) => round.ofLarge))
  const toBare = median(rounds.map((round) => round.ofEmpty / round.bare))
  const toEmpty = median(rounds.map((round) => round.ofLarge / round.ofEmpty))
  return [
    row(`start, empty vault, ${program.name}`, ms(ofEmpty), {
      yardstick: ms(bare),
      ratio: toBare,
      ...(program.name === 'built' && { goal: atMost(MOST_OF_NODE, toBare) }),
    }),
    row(`start, ${size} connections, ${program.name}`, ms(ofLarge), {
      yardstick: ms(ofEmpty),
      ratio: toEmpty,
      goal: atMost(MOST_OF_EMPTY, toEmpty),
    }),
  ]
}

async function readyAfterMs(at: Installation, program: Program): Promise<number> {
  await using daemon = await startDaemon(at, program)
  return daemon.readyAfterMs
}
