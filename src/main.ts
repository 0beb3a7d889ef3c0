#!/usr/bin/env -S node --disable-sigusr1
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { CommanderError } from 'commander'
import { commandLine, usageExitCode } from './cli/command-line.ts'
import { report } from './cli/report.ts'
import type { MoveTarget } from './move.ts'
import { PACKAGE_DIRECTORY } from './package-directory.ts'

const manifest = readFileSync(join(PACKAGE_DIRECTORY, 'package.json'), 'utf8')
const { version } = JSON.parse(manifest) as { readonly version: string }

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader may stop early: `larder openapi | head`.
  if (error.code !== 'EPIPE') throw error
})
void run(process.argv.slice(2))

/** Not at the top level: CommonJS, the format of the build, has no `await` there. */
async function run(words: readonly string[]): Promise<void> {
  const program = commandLine({ version, serve, openApi, privateUrl, connect, move })
  try {
    await program.parseAsync(words.length === 0 ? ['serve'] : words, { from: 'user' })
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? usageExitCode(error) : report(error)
  }
}

async function serve(): Promise<void> {
  // node-cron rounds in local time, even if a task has another time zone. In a zone with summer
  // time, tasks would not run in the hour that is repeated in autumn.
  process.env['TZ'] = 'UTC'
  // Before the import, which takes a moment: a signal in this moment counts too.
  const signals = { ending: untilSignal(), onHangUp: listenForHangUps() }
  const daemon = await import('./serve.ts')
  await daemon.serve(version, signals)
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
  return (work: () => void): Promise<string> => {
    act = work
    if (isAwaited) work()
    return lost.promise
  }
}

async function move(to: MoveTarget): Promise<Readonly<Record<string, number>>> {
  const mover = await import('./move.ts')
  return mover.move(to, process.env)
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
