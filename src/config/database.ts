import { readFileSync } from 'node:fs'
import type { Secret } from '../core/base/secret.ts'
import { type PostgresSettings, TLS_MODES, type TlsMode } from '../ports/database-settings.ts'
import type { Environment, Rule } from './environment.ts'
import type { Findings } from './findings.ts'
import { fileErrorCode } from './keys/secret-file.ts'
import { isLoopbackHost } from './listen.ts'
import type { PlainSetting } from './settings.ts'

const DEPENDENT = [
  'LARDER_DATABASE_TLS',
  'LARDER_DATABASE_CA_FILE',
  'LARDER_DATABASE_POOL',
  'LARDER_DATABASE_STATEMENT_SECONDS',
] as const satisfies readonly PlainSetting[]

const POOL = { least: 2, most: 100, fallback: 10 } as const
const STATEMENT_SECONDS = { least: 1, most: 60, fallback: 5 } as const

/** Returns the settings of a PostgreSQL database. Null means SQLite in the data directory. */
export function readDatabase(
  environment: Environment,
  findings: Findings,
): PostgresSettings | null {
  const url = environment.secret('LARDER_DATABASE_URL', databaseUrlRule)
  const tls = environment.parsed('LARDER_DATABASE_TLS', parseTls, TLS_DEMAND)
  const ca = readCertificates(environment, findings)
  const poolSize = readNumber(environment, 'LARDER_DATABASE_POOL', POOL)
  const seconds = readNumber(environment, 'LARDER_DATABASE_STATEMENT_SECONDS', STATEMENT_SECONDS)
  if (!environment.isGiven('LARDER_DATABASE_URL')) {
    for (const name of DEPENDENT) {
      if (environment.isGiven(name))
        findings.problem(name, 'has no use without LARDER_DATABASE_URL')
    }
  }
  if (url === null) return null
  const mode = tls ?? (isOnThisMachine(url) ? 'disable' : 'verify-full')
  if (ca !== null && mode !== 'verify-full') {
    findings.problem('LARDER_DATABASE_CA_FILE', 'has no use: only verify-full checks certificates')
  }
  return { url, tls: mode, ca, poolSize, statementTimeoutMs: seconds * 1_000 }
}

/** The rule says nothing about the value, because it contains the password. */
const databaseUrlRule: Rule = (raw) => {
  const url = /[\s\\#]/.test(raw) ? null : URL.parse(raw)
  const isWhole =
    url !== null &&
    /^postgres(ql)?:$/.test(url.protocol) &&
    url.hostname !== '' &&
    url.username !== '' &&
    /^\/[^/]+$/.test(url.pathname) &&
    [url.username, url.password, url.pathname].every(isPercentEncoded)
  if (!isWhole) {
    return 'must be postgres://user:password@host:port/database, each part percent-encoded'
  }
  // `pg` and libpq read some parameters differently.
  return raw.includes('?') ? 'must have no parameters: use LARDER_DATABASE_TLS for TLS' : null
}

function isPercentEncoded(part: string): boolean {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}

function isOnThisMachine(url: Secret): boolean {
  return isLoopbackHost(URL.parse(url.expose())?.hostname ?? '')
}

const TLS_DEMAND = `must be one of ${TLS_MODES.join(', ')}`

function parseTls(raw: string): TlsMode | null {
  return TLS_MODES.find((mode) => mode === raw) ?? null
}

function readCertificates(environment: Environment, findings: Findings): string | null {
  const name = 'LARDER_DATABASE_CA_FILE'
  const path = environment.path(name)
  if (path === null) return null
  try {
    const text = readFileSync(path, 'utf8')
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text
    findings.problem(name, 'must hold certificates in PEM form')
  } catch (error) {
    findings.problem(name, `cannot be read (${fileErrorCode(error)})`)
  }
  return null
}

function readNumber(
  environment: Environment,
  name: PlainSetting,
  {
    least,
    most,
    fallback,
  }: { readonly least: number; readonly most: number; readonly fallback: number },
): number {
  const parse = (raw: string) => {
    const value = /^\d{1,4}$/.test(raw) ? Number(raw) : 0
    return value >= least && value <= most ? value : null
  }
  const demand = `must be a whole number from ${least} to ${most}`
  return environment.parsed(name, parse, demand) ?? fallback
}
