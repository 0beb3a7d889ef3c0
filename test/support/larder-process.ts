import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from './free-port.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const SOURCES = [process.execPath, '--disable-sigusr1', MAIN]
/** A usual start takes half a second. On a machine that other programs keep busy, one took twenty. */
const READY_WITHIN_MS = 60_000

/** One installation, which outlives its processes: ports, keys, settings, data. */
export type Installation = AsyncDisposable & {
  readonly directory: string
  readonly dataDir: string
  readonly privateUrl: string
  readonly publicUrl: string
  readonly apiKey: string
  readonly environment: Readonly<Record<string, string>>
  /** The words that run the program. Without them, its sources run. */
  readonly program?: readonly string[] | undefined
}

export type LarderProcess = AsyncDisposable & {
  readonly pid: number
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
  kill(signal: NodeJS.Signals): void
  /** Standard output and error so far. */
  output(): Promise<string>
}

export type SpawnedLarder = LarderProcess & {
  /** Resolves to false if the process ended or did not serve in time. */
  ready(): Promise<boolean>
}

/** Returns the words that run a built program: options of Node and its file, separated by spaces. */
export function programOf(words: string | undefined): readonly string[] | undefined {
  return words === undefined ? undefined : [process.execPath, ...words.split(' ')]
}

/** Makes an installation in a temporary directory, which is removed on disposal. */
export async function makeInstallation(options: {
  /** The text of `larder.yaml`. */
  readonly configuration: string
  readonly environment?: Readonly<Record<string, string>>
  readonly program?: readonly string[] | undefined
}): Promise<Installation> {
  const directory = await mkdtemp(join(tmpdir(), 'larder-'))
  const [inner, outer] = [await freePort(), await freePort()]
  const config = join(directory, 'larder.yaml')
  await writeFile(config, options.configuration)
  await chmod(config, 0o600)
  const dataDir = join(directory, 'data')
  const apiKey = randomBytes(32).toString('base64url')
  const publicUrl = `http://localhost:${outer}`
  return {
    directory,
    dataDir,
    privateUrl: `http://127.0.0.1:${inner}`,
    program: options.program,
    publicUrl,
    apiKey,
    environment: {
      PATH: process.env['PATH'] ?? '',
      LARDER_CONFIG: config,
      LARDER_DATA_DIR: dataDir,
      LARDER_LISTEN: `127.0.0.1:${inner}`,
      LARDER_PUBLIC_LISTEN: `127.0.0.1:${outer}`,
      LARDER_PUBLIC_URL: publicUrl,
      LARDER_MASTER_KEY: randomBytes(32).toString('base64'),
      LARDER_API_KEY: apiKey,
      ...options.environment,
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

/** Starts Larder as a process with its settings in the environment, and waits until it is ready. */
export async function startLarderProcess(
  at: Installation,
  through: readonly string[] = [],
): Promise<LarderProcess> {
  const larder = await spawnLarderProcess(at, through)
  if (await larder.ready()) return larder
  await larder[Symbol.asyncDispose]()
  throw new Error(`larder did not start:\n${await larder.output()}`)
}

/** Starts Larder without waiting. `through` is a command that executes it, such as `prlimit`. */
export async function spawnLarderProcess(
  at: Installation,
  through: readonly string[] = [],
): Promise<SpawnedLarder> {
  const log = join(at.directory, 'larder.log')
  const sink = await open(log, 'a')
  const [command, ...args] = [...through, ...(at.program ?? SOURCES), 'serve']
  const child = spawn(command, args, {
    stdio: ['ignore', sink.fd, sink.fd],
    env: at.environment,
  })
  await sink.close()
  const larder = handleOf(child, () => readFile(log, 'utf8'))
  return { ...larder, ready: () => isReady(at.privateUrl, child) }
}

function handleOf(child: ChildProcess, output: () => Promise<string>): LarderProcess {
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1))
  })
  return {
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => void child.kill(signal),
    output,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}

async function isReady(url: string, child: ChildProcess): Promise<boolean> {
  const giveUpAt = performance.now() + READY_WITHIN_MS
  const isRunning = () => child.exitCode === null && child.signalCode === null
  while (performance.now() < giveUpAt && isRunning()) {
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.ok) return true
    await wait(25)
  }
  return false
}
