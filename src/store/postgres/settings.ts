import type { PoolConfig } from 'pg'
import type { PostgresSettings } from '../../ports/database-settings.ts'
import { OpenError } from '../open-error.ts'

const CONNECT_TIMEOUT_MS = 2_000
/** The client waits longer than the server, because the server's error says more. */
const CLIENT_WAITS_LONGER_MS = 1_000

/** The options of each connection. */
export function connectionConfig(settings: PostgresSettings): PoolConfig {
  const { protocol, hostname, port, username, password, pathname, searchParams } = parse(
    settings.url.expose(),
  )
  if (!['postgres:', 'postgresql:'].includes(protocol)) throw notAUrl()
  // `pg` reads some parameters differently from libpq, so none is passed on.
  if (searchParams.size > 0) throw new OpenError('unsuitable_database', 'its URL has parameters')
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    host,
    port: port === '' ? 5432 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    ssl: tlsOf(settings, host),
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

function tlsOf({ tls, ca }: PostgresSettings, host: string): PoolConfig['ssl'] {
  if (tls === 'disable') return false
  // For an address, `pg` gives Node no name to compare the certificate with.
  return { host, rejectUnauthorized: tls === 'verify-full', ...(ca !== null && { ca }) }
}
