import type { PoolConfig } from 'pg'
import { OpenError } from '../open-error.ts'

export type PostgresSettings = {
  /** Contains the password, so it must not reach an error or a log. */
  readonly url: string
  /** A direct connection, if `url` leads to PgBouncer in transaction mode. */
  readonly listenUrl: string | null
  readonly tls: 'disable' | 'require' | 'verify-full'
  /** Certificates in PEM form. Null: those of the system. */
  readonly ca: string | null
  readonly poolSize: number
  readonly statementTimeoutMs: number
  readonly trustMs: number
}

const CONNECT_TIMEOUT_MS = 2_000
/** The client waits longer than the server, because the server's error says more. */
const CLIENT_WAITS_LONGER_MS = 1_000

/** The options of each connection. No startup parameter is sent, because PgBouncer refuses most. */
export function connectionConfig(
  url: string,
  settings: Omit<PostgresSettings, 'url' | 'listenUrl'>,
): PoolConfig {
  const { protocol, hostname, port, username, password, pathname, searchParams } = parse(url)
  if (!['postgres:', 'postgresql:'].includes(protocol)) throw notAUrl()
  // `pg` reads some parameters differently from libpq, so none is passed on.
  if (searchParams.size > 0) throw new OpenError('unsuitable_database', 'its URL has parameters')
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    ssl: tlsOf(settings),
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: settings.statementTimeoutMs + CLIENT_WAITS_LONGER_MS,
  }
}

function parse(url: string): URL {
  const parsed = URL.parse(url)
  if (parsed === null) throw notAUrl()
  return parsed
}

/** Without the URL and without a cause, because both contain the password. */
function notAUrl(): OpenError {
  return new OpenError('unsuitable_database', 'its URL must be postgres://user@host:port/database')
}

function tlsOf({ tls, ca }: Pick<PostgresSettings, 'tls' | 'ca'>): PoolConfig['ssl'] {
  if (tls === 'disable') return false
  return { rejectUnauthorized: tls === 'verify-full', ...(ca !== null && { ca }) }
}
