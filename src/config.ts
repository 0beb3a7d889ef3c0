import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Environment, type Rule, type Variables } from './config/environment.ts'
import { Findings } from './config/findings.ts'
import { keyFiles, readLeftKey } from './config/key-files.ts'
import { apiKeyRule, makeKeys, readKeys } from './config/keys.ts'
import { type LarderFile, readLarderFile } from './config/larder-file.ts'
import { isLoopback, type Listen, urlOf } from './config/listen.ts'
import { readListeners, readPrivateListen } from './config/listeners.ts'
import { readPolicy } from './config/policy.ts'
import { checkProcessFlags } from './config/process-flags.ts'
import { readProviders } from './config/providers.ts'
import { isDaemonUrl } from './config/urls.ts'
import type { Secret } from './core/secret.ts'
import { LOG_LEVELS, type LogLevel } from './log.ts'
import { presetIds, type ProviderSettings } from './oauth/providers.ts'
import type { Policy } from './ports.ts'

/** The settings, read once and typed by their use. */
export type Config = {
  readonly dataDir: string
  readonly databaseFile: string
  readonly listen: Listen
  readonly publicListen: Listen
  readonly allowedHosts: readonly string[]
  readonly masterKey: Secret
  readonly apiKey: Secret
  /** Files in which a first run has just left the keys. */
  readonly madeKeys: readonly string[]
  readonly providers: readonly ProviderSettings[]
  readonly policy: Policy
  readonly logLevel: LogLevel
  /** What the tokens that are kept in memory may take. */
  readonly cacheBytes: number
  /** What is allowed but should be looked at: names and constant sentences. */
  readonly warnings: readonly string[]
}

/** Where the settings are read; the second argument of both readers. */
export type Surroundings = {
  readonly cwd: string
  /** Inside the image keys are never made, and the paths are the image's. */
  readonly inImage: boolean
  readonly execArgv: readonly string[]
}

/** Everything that is wrong with the settings, a line each; never a value. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const CACHE_BYTES = 32 * 1024 * 1024

/** Reads everything before it judges anything, so that one start tells all problems. */
export function loadConfig(variables: Variables, around: Surroundings): Config {
  const findings = new Findings()
  const environment = new Environment(variables, findings, around.cwd)
  checkProcessFlags(variables, around.execArgv, findings)
  const { file, fileDirectory } = readFile(environment, around, findings)
  const providers = readProviders({ file, fileDirectory, environment, findings })
  const places = readPlaces(environment, around)
  const listeners = readListeners(environment, findings)
  const plain = {
    ...places,
    ...listeners,
    allowedHosts: environment.list('LARDER_ALLOWED_HOSTS', hostRule) ?? [],
    logLevel: environment.parsed('LARDER_LOG_LEVEL', parseLogLevel, LOG_LEVEL_DEMAND) ?? 'info',
    policy: readPolicy(environment, file, { findings, publicListen: listeners.publicListen }),
    cacheBytes: CACHE_BYTES,
    providers,
  }
  environment.text('LARDER_URL', daemonUrlRule)
  environment.refuseUnknown([...presetIds, ...Object.keys(file.providers ?? {})])
  const keySources = readKeys(
    { environment, variables },
    { ...places, listensOnLoopback: isLoopback(plain.listen), inImage: around.inImage },
    findings,
  )
  if (providers.length === 0) findings.warning('providers', 'none is configured')
  const keys = findings.problems.length === 0 && makeKeys(keySources, places.dataDir, findings)
  if (!keys) throw new ConfigError(findings.problems)
  return { ...plain, ...keys, warnings: findings.warnings }
}

/** Where the command line finds the daemon, and the key it shows there. */
export function loadClientConfig(
  variables: Variables,
  around: Pick<Surroundings, 'cwd' | 'inImage'>,
): { readonly url: string; readonly apiKey: Secret } {
  const findings = new Findings()
  const environment = new Environment(variables, findings, around.cwd)
  const url = environment.text('LARDER_URL', daemonUrlRule) ?? urlOf(readPrivateListen(environment))
  const left = keyFiles(readPlaces(environment, around).dataDir).apiKey
  const apiKey = environment.isGiven('LARDER_API_KEY')
    ? environment.secret('LARDER_API_KEY', apiKeyRule)
    : readLeftKey(left, apiKeyRule, findings)
  if (apiKey === null && findings.problems.length === 0) {
    findings.problem('LARDER_API_KEY', 'not set; it is what the daemon was started with')
  }
  if (apiKey === null || findings.problems.length > 0) throw new ConfigError(findings.problems)
  return { url, apiKey }
}

/** How this machine reaches the private API of a daemon with these settings. */
export function privateUrl(variables: Variables): string {
  const findings = new Findings()
  const listen = readPrivateListen(new Environment(variables, findings, '/'))
  if (findings.problems.length > 0) throw new ConfigError(findings.problems)
  return urlOf(listen)
}

/** A file of the image's own, beside the package, tells that this is it. */
export function surroundings(): Surroundings {
  const marker = fileURLToPath(new URL('../IMAGE', import.meta.url))
  return { cwd: process.cwd(), inImage: existsSync(marker), execArgv: process.execArgv }
}

function readPlaces(environment: Environment, around: Pick<Surroundings, 'cwd' | 'inImage'>) {
  const fallback = around.inImage ? '/data' : resolve(around.cwd, 'data')
  const dataDir = environment.path('LARDER_DATA_DIR') ?? fallback
  return { dataDir, databaseFile: join(dataDir, 'larder.db') }
}

function readFile(
  environment: Environment,
  around: Surroundings,
  findings: Findings,
): { readonly file: LarderFile; readonly fileDirectory: string } {
  const given = environment.path('LARDER_CONFIG')
  const fallback = around.inImage ? '/etc/larder/larder.yaml' : resolve(around.cwd, 'larder.yaml')
  const path = given ?? fallback
  return { file: readLarderFile(path, given !== null, findings), fileDirectory: dirname(path) }
}

const hostRule: Rule = (raw) =>
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i.test(raw)
    ? null
    : 'must be host names, without scheme or port'

const daemonUrlRule: Rule = (raw) =>
  isDaemonUrl(raw) ? null : 'must be an http or https URL, or unix:/path'

const LOG_LEVEL_DEMAND = `must be one of ${LOG_LEVELS.join(', ')}`

function parseLogLevel(raw: string): LogLevel | null {
  return LOG_LEVELS.find((level) => level === raw) ?? null
}
