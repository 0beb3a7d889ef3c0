#!/usr/bin/env -S node --disable-sigusr1
import { readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { CommanderError } from 'commander'
import { commandLine, usageExitCode } from './cli/command-line.ts'
import { EXIT } from './cli/refusal.ts'
import { isFault, report } from './cli/report.ts'
import type { Events } from './observe/observed-events.ts'

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { readonly version: string }

/** Longer than a refresh takes from its first byte to its commit. */
const STOP_WITHIN_MS = 60_000

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader may stop early: `larder openapi | head`.
  if (error.code !== 'EPIPE') throw error
})
const program = commandLine({ version, serve, openApi, privateUrl, connect })
try {
  const words = process.argv.slice(2)
  await program.parseAsync(words.length === 0 ? ['serve'] : words, { from: 'user' })
} catch (error) {
  process.exitCode = error instanceof CommanderError ? usageExitCode(error) : report(error)
}

/**
 * Runs the daemon until a signal or a fault. Waits for running refreshes before the process ends.
 */
async function serve(): Promise<void> {
  // node-cron rounds in local time, even if a task has another time zone. In a zone with summer
  // time, tasks would not run in the hour that is repeated in autumn.
  process.env['TZ'] = 'UTC'
  const ending = untilSignal()
  const hangUps = listenForHangUps()
  const [{ loadConfig }, { surroundings }] = await Promise.all([
    import('./config/config.ts'),
    import('./config/config-sources.ts'),
  ])
  const config = loadConfig(process.env, surroundings())
  // Hide the master key from child processes and crash reports.
  delete process.env['LARDER_MASTER_KEY']
  const [{ openEvents }, { startDaemon }, { systemClock: clock, systemRandom: random }] =
    await Promise.all([
      import('./observe/events.ts'),
      import('./daemon.ts'),
      import('./observe/system-clock.ts'),
    ])
  const events = openEvents({ level: config.logLevel })
  // Exit explicitly: log lines that cannot be written would keep the process alive.
  process.once('beforeExit', () => process.exit())
  const crash = untilCrash(events)
  for (const warning of config.warnings) events.settingDoubted({ warning })
  if (config.madeKeys.length > 0) events.keysMade({ paths: config.madeKeys })
  try {
    await using daemon = await startDaemon(config, { clock, random, events, version })
    const { vaultId, privateAddress, publicAddress } = daemon
    const { version: node } = process
    events.started({ version, node, vaultId, privateAddress, publicAddress })
    const reason = await Promise.race([ending, crash, hangUps.answer(() => daemon.reloadSecrets())])
    events.stopping({ reason })
  } catch (error) {
    if (isFault(error)) events.crashed({ kind: 'serve', error })
    else events.refused({ error })
    await events.close()
    throw error
  }
  events.stopped()
  await events.close()
}

/**
 * Resolves with the first signal. A second SIGTERM changes nothing. A second SIGINT ends the
 * process at once, as a person at a terminal expects.
 */
function untilSignal(): Promise<string> {
  // Without a listener, Node opens its inspector on this signal.
  process.on('SIGUSR1', () => {})
  return new Promise((resolve) => {
    process.on('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
}

/**
 * Handles SIGHUP. Once the daemon runs, secret files are read again. If the terminal of the process
 * was closed, standard input is no longer a terminal, and SIGHUP ends the process.
 */
function listenForHangUps() {
  const hadTerminal = isatty(0)
  const lost = Promise.withResolvers<string>()
  let isAwaited = false
  let act = (): void => {
    isAwaited = true
  }
  process.on('SIGHUP', () => {
    if (hadTerminal && !isatty(0)) lost.resolve('SIGHUP')
    else act()
  })
  return {
    /** Runs `work` at each SIGHUP from now on. Resolves if the terminal was closed. */
    answer(work: () => void): Promise<string> {
      act = work
      if (isAwaited) work()
      return lost.promise
    },
  }
}

/** Logs an uncaught error and resolves, so that received tokens are stored and the process ends. */
function untilCrash(events: Events): Promise<string> {
  return new Promise((resolve) => {
    const crash = (kind: 'uncaughtException' | 'unhandledRejection') => (error: unknown) => {
      events.crashed({ kind, error })
      process.exitCode = EXIT.crashed
      // A process that cannot stop cleanly must still end.
      setTimeout(() => process.exit(), STOP_WITHIN_MS).unref()
      resolve(kind)
    }
    process.on('uncaughtException', crash('uncaughtException'))
    process.on('unhandledRejection', crash('unhandledRejection'))
  })
}

async function openApi(): Promise<unknown> {
  const [{ openApiDocument }, { privateEndpoints }] = await Promise.all([
    import('./http/private/openapi.ts'),
    import('./http/private/private-endpoints.ts'),
  ])
  return openApiDocument(privateEndpoints, version)
}

async function privateUrl(): Promise<string> {
  const clientConfig = await import('./config/client-config.ts')
  return clientConfig.privateUrl(process.env)
}

async function connect() {
  const [{ loadClientConfig }, { surroundings }, { daemonClient }] = await Promise.all([
    import('./config/client-config.ts'),
    import('./config/config-sources.ts'),
    import('./cli/daemon-client.ts'),
  ])
  return daemonClient(loadClientConfig(process.env, surroundings()))
}
