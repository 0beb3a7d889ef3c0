import type { PoolConfig } from 'pg'
import type { PostgresSettings } from '../../ports/database-settings.ts'

const CONNECT_TIMEOUT_MS = 2_000
/** The client waits longer than the server, because the server's error says more. */
const CLIENT_WAITS_LONGER_MS = 1_000

/** The options of each connection. The URL was checked with the settings. */
export function connectionConfig(settings: PostgresSettings): PoolConfig {
  const { hostname, port, username, password, pathname } = new URL(settings.url.expose())
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

function tlsOf({ tls, ca }: PostgresSettings, host: string): PoolConfig['ssl'] {
  if (tls === 'disable') return false
  // For an address, `pg` gives Node no name to compare the certificate with.
  return { host, rejectUnauthorized: tls === 'verify-full', ...(ca !== null && { ca }) }
}
