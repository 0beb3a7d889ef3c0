import { EXIT } from './cli/refusal.ts'
import { isFault } from './cli/report.ts'
import { loadConfig } from './config/config.ts'
import { surroundings } from './config/config-sources.ts'
import { startDaemon } from './daemon.ts'
import { openEvents } from './observe/events.ts'
import type { Events } from './observe/observed-events.ts'
import { systemClock as clock, systemRandom as random } from './observe/system-clock.ts'

/** Longer than a refresh takes from its first byte to its commit. */
const STOP_WITHIN_MS = 60_000

export type ProcessSignals = {
  /** Resolves with the first signal that ends the process. */
  readonly ending: Promise<string>
  /** Runs `work` at each SIGHUP from now on. Resolves if the terminal was closed. */
  readonly onHangUp: (work: () => void) => Promise<string>
}

/**
 * Runs the daemon until a signal or a fault. Waits for running refreshes before the process ends.
 */
export async function serve(version: string, signals: ProcessSignals): Promise<void> {
  const config = loadConfig(process.env, surroundings())
  // Hide the master key from child processes and crash reports.
  delete process.env['LARDER_MASTER_KEY']
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
    const hangUp = signals.onHangUp(() => daemon.reloadSecrets())
    const reason = await Promise.race([signals.ending, crash, hangUp])
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
