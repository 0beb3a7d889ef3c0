import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readFile } from 'node:fs/promises'
import type { Installation } from '../../test/support/larder-process.ts'
import type { Bench } from '../scenario.ts'
import { type Child, startChild } from './child.ts'
import { isReady } from './is-ready.ts'
import { built, type Program, sources, startedBy } from './programs.ts'
import { untilChecked } from './until-checked.ts'

const INSTRUMENTED = fileURLToPath(new URL('instrumented-larder.ts', import.meta.url))
const READY_WITHIN_MS = 120_000
const POLL_MS = 2

export type Daemon = Child & {
  /** The time from the start of the process to its first answer that it is ready. */
  readonly readyAfterMs: number
}

/** Starts the daemon on the core for servers, and waits until it is ready and checked its database. */
export async function startDaemon(at: Installation, program: Program): Promise<Daemon> {
  const log = join(at.directory, 'larder.log')
  const began = performance.now()
  const words = ['--disable-sigusr1', ...program.words, 'serve']
  const environment = { ...at.environment, ...program.environment }
  const child = await startChild(words, { environment, isServer: true, log })
  const giveUpAt = began + READY_WITHIN_MS
  while (!(await isReady(at.privateUrl))) {
    const { exitCode, signalCode } = child.process
    if (exitCode !== null || signalCode !== null || performance.now() > giveUpAt) {
      await child[Symbol.asyncDispose]()
      throw new Error(`larder did not start:\n${await readFile(log, 'utf8')}`)
    }
    await wait(POLL_MS)
  }
  const readyAfterMs = performance.now() - began
  await untilChecked(at)
  return { ...child, readyAfterMs }
}

/** Starts the daemon with the benchmark's own entry, which measures from inside. */
export function startInstrumentedDaemon(at: Installation, bench: Bench): Promise<Daemon> {
  return startDaemon(at, startedBy(INSTRUMENTED, programFor(bench)))
}

/** Starts the daemon. Records a profile if one is wanted. */
export async function startProfiledDaemon(
  at: Installation,
  bench: Bench,
  name: string,
): Promise<Daemon> {
  if (bench.profileDirectory === null) return startDaemon(at, built())
  return withProfile(await startInstrumentedDaemon(at, bench), bench, name)
}

/** The sources if a profile is wanted, because the names in a built program are shortened. */
function programFor({ profileDirectory }: Bench): Program {
  return profileDirectory === null ? built() : sources
}

/** If profiles are wanted, records one from now on, and writes it when the daemon is disposed. */
export async function withProfile(daemon: Daemon, bench: Bench, name: string): Promise<Daemon> {
  if (bench.profileDirectory === null) return daemon
  await daemon.ask({ kind: 'start profile' })
  return {
    ...daemon,
    [Symbol.asyncDispose]: async () => {
      if (daemon.process.connected) await writeProfile(daemon, bench, name)
      await daemon[Symbol.asyncDispose]()
    },
  }
}

/** If profiles are wanted, starts the daemon once more and writes a profile of its start. */
export async function profileStart(at: Installation, bench: Bench, name: string): Promise<void> {
  if (bench.profileDirectory === null) return
  await using daemon = await startDaemon(at, startedBy(INSTRUMENTED, sources, 'profile-from-start'))
  await writeProfile(daemon, bench, name)
}

async function writeProfile(daemon: Daemon, bench: Bench, name: string): Promise<void> {
  const path = join(bench.profileDirectory ?? '', `${name}-${Date.now()}.cpuprofile`)
  await daemon.ask({ kind: 'write profile', path })
  bench.tell(`CPU profile: ${path}`)
}
