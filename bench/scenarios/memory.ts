import { setTimeout as wait } from 'node:timers/promises'
import { bareMemory } from '../support/bare-node.ts'
import { startDaemon } from '../support/daemon.ts'
import { benchInstallation } from '../support/installation.ts'
import { load, requestBytes } from '../support/load.ts'
import { type Memory, memoryOf } from '../support/proc.ts'
import { built, type Program, sources } from '../support/programs.ts'
import { randomTokenPaths } from '../support/token-path.ts'
import { type Bench, row, type Row, type Scenario } from '../scenario.ts'

const SETTLED_AFTER_MS = 10_000
const READS = { connections: 32, seconds: 60 } as const
const MOST_OF_NODE = 2.7
const MOST_ANONYMOUS_MIB = 60
const MOST_MORE_MIB = 60

export const memory: Scenario = {
  name: 'memory',
  title: 'Memory',
  method:
    'Resident and anonymous memory of the process, from `/proc/PID/smaps_rollup`. Idle: ' +
    `${SETTLED_AFTER_MS / 1_000} seconds after the start, without requests. After reads: ` +
    `${READS.connections} connections have read tokens of random connections of the large vault ` +
    `for ${READS.seconds} seconds; the yardstick is the same process before that. The yardstick of ` +
    'the idle process is a Node that only waits.',
  run: measure,
}

async function measure(bench: Bench): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const program of [sources, built()]) {
    rows.push(await idle(bench, program), await afterReads(bench, program))
  }
  return rows
}

async function idle(bench: Bench, program: Program): Promise<Row> {
  const bare = await bareMemory()
  await using at = await benchInstallation(bench, { size: 0 })
  await using daemon = await startDaemon(at, program)
  await wait(SETTLED_AFTER_MS)
  const found = await memoryOf(daemon.pid)
  const ratio = found.residentMiB / bare.residentMiB
  const isMet = ratio <= MOST_OF_NODE && found.anonymousMiB <= MOST_ANONYMOUS_MIB
  const text = `at most ${MOST_OF_NODE}, anonymous at most ${MOST_ANONYMOUS_MIB} MiB`
  return row(`memory, idle, ${program.name}`, shown(found), {
    yardstick: shown(bare),
    ratio,
    ...(program.name === 'built' && { goal: { text, isMet } }),
  })
}

async function afterReads(bench: Bench, program: Program): Promise<Row> {
  await using at = await benchInstallation(bench, { size: bench.size })
  await using daemon = await startDaemon(at, program)
  await wait(SETTLED_AFTER_MS)
  const before = await memoryOf(daemon.pid)
  const [paths, bytes] = [randomTokenPaths(bench.size), requestBytes(at, 'GET')]
  await load({ url: at.privateUrl, next: () => bytes(paths()), ...READS })
  const after = await memoryOf(daemon.pid)
  const isMet = after.residentMiB - before.residentMiB <= MOST_MORE_MIB
  const goal = { text: `at most idle + ${MOST_MORE_MIB} MiB`, isMet }
  return row(`memory after a minute of random reads, ${program.name}`, shown(after), {
    yardstick: shown(before),
    ratio: after.residentMiB / before.residentMiB,
    ...(program.name === 'built' && { goal }),
  })
}

function shown({ residentMiB, anonymousMiB }: Memory): string {
  return `${residentMiB.toFixed(0)} MiB, ${anonymousMiB.toFixed(0)} anonymous`
}
