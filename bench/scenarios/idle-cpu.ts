import { setTimeout as wait } from 'node:timers/promises'
import { atMost } from '../../test/support/figures.ts'
import { besideIdleNode } from '../support/bare-node.ts'
import { startProfiledDaemon } from '../support/daemon.ts'
import { benchInstallation } from '../support/installation.ts'
import { cpuSecondsOf } from '../support/proc.ts'
import { type Bench, row, type Row, type Scenario } from '../scenario.ts'

const SETTLED_AFTER_MS = 20_000
const SECONDS = 60
const MOST_SECONDS = 0.3

export const idleCpu: Scenario = {
  name: 'idle-cpu',
  title: 'Idle CPU',
  method:
    `The processor time of all threads in ${SECONDS} seconds, from \`/proc/PID/task/*/schedstat\`, on ` +
    'the large vault while nothing is due. It begins ' +
    `${SETTLED_AFTER_MS / 1_000} seconds after the start. The yardstick is a Node whose only timer ` +
    'fires each second, in the same time.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  await using at = await benchInstallation(bench, { size: bench.size })
  await using daemon = await startProfiledDaemon(at, bench, 'idle-cpu')
  const [used = Number.NaN, bare = Number.NaN] = await besideIdleNode((node) =>
    usedBy([daemon.pid, node]),
  )
  const what = `idle CPU in ${SECONDS} s, ${bench.size} connections`
  return [
    row(what, `${used.toFixed(2)} s`, {
      yardstick: `${bare.toFixed(2)} s`,
      ratio: used / bare,
      goal: atMost(MOST_SECONDS, used, ' s'),
    }),
  ]
}

async function usedBy(pids: readonly number[]): Promise<readonly number[]> {
  await wait(SETTLED_AFTER_MS)
  const before = await Promise.all(pids.map(cpuSecondsOf))
  await wait(SECONDS * 1_000)
  const after = await Promise.all(pids.map(cpuSecondsOf))
  return after.map((one, n) => one - (before[n] ?? Number.NaN))
}
