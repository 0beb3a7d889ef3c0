import { dirname, resolve } from 'node:path'
import { daemonUrlRule } from './client-config.ts'
import { readDatabase } from './database.ts'
import { Environment, type Rule, type EnvironmentVariables } from './environment.ts'
import { doubtFileSystem } from './file-system.ts'
import { ConfigError, Findings } from './findings.ts'
import { makeKeys, readKeys } from './keys/keys.ts'
import { type LarderFile, readLarderFile } from './larder-file.ts'
import { isLoopback, type Listen, readListeners } from './listen.ts'
import { MasterKeyOnce } from './keys/master-key-once.ts'
import { readPolicy } from './policy.ts'
import { checkProcessFlags, doubtProxyVariables } from './process-flags.ts'
import { readClientSecrets, readProviders } from './providers.ts'
import { readPlaces, type ConfigSources } from './config-sources.ts'
import { readVaultId } from './vault-id.ts'
import { readWebhooks, readWebhookSecrets } from './webhooks.ts'
import type { Secret } from '../core/base/secret.ts'
import type { WebhookEndpoint } from '../core/events/webhook.ts'
import { LOG_LEVELS, type LogLevel } from '../observe/log.ts'
import { presetIds, type ProviderSettings } from '../oauth/recipe/configure-providers.ts'
import type { PostgresSettings } from '../ports/database-settings.ts'
import type { Policy } from '../ports/ports.ts'
import type { SecretsRead } from './keys/secret-file.ts'

/** All settings, parsed. */
export type Config = {
  readonly dataDir: string
  readonly databaseFile: string | null
  /** Null: SQLite in `databaseFile`. */
  readonly database: PostgresSettings | null
  /** The vault must have this id. Null accepts any vault, or creates one. */
  readonly vaultId: string | null
  readonly listen: Listen
  readonly publicListen: Listen
  readonly allowedHosts: readonly string[]
  readonly masterKey: MasterKeyOnce
  readonly apiKey: Secret
  /** Files into which this first run has written the keys. */
  readonly madeKeys: readonly string[]
  readonly providers: readonly ProviderSettings[]
  readonly policy: Policy
  readonly webhooks: readonly WebhookEndpoint[]
  readonly logLevel: LogLevel
  /** The size of the token cache. */
  readonly cacheBytes: number
  /** Reads the files of client secrets and webhook secrets again. Other settings do not change. */
  readonly readSecrets: () => {
    readonly providers: readonly SecretsRead[]
    readonly webhooks: readonly SecretsRead[]
  }
  /** Warnings about valid but doubtful settings. They contain only names and constant sentences. */
  readonly warnings: readonly string[]
}

const CACHE_BYTES = 32 * 1024 * 1024

/** Reads all settings before it throws, so that one start reports all problems. */
export function loadConfig(variables: EnvironmentVariables, around: ConfigSources): Config {
  const findings = new Findings()
  const environment = new Environment(variables, findings, around.cwd)
  checkProcessFlags(variables, around.process, findings)
  doubtProxyVariables(variables, findings)
  const { file, fileDirectory } = readFile(environment, around, findings)
  const providers = readProviders({ file, fileDirectory, environment, findings })
  const database = readDatabase(environment, findings)
  const places = readPlaces(environment, around)
  doubtFileSystem(places.dataDir, around.fileSystemType, findings)
  const listeners = readListeners(environment, findings)
  const webhooks = (own: Findings) => ({
    settings: file.webhooks ?? [],
    isOpenToOthers: file.isOpenToOthers,
    directory: fileDirectory,
    providers: new Set([...providers.map(({ id }) => id), ...file.providerIds]),
    findings: own,
  })
  const plain = {
    ...places,
    database,
    vaultId: readVaultId(environment, places.databaseFile, findings),
    ...listeners,
    allowedHosts: environment.list('LARDER_ALLOWED_HOSTS', hostRule) ?? [],
    logLevel: environment.parsed('LARDER_LOG_LEVEL', parseLogLevel, LOG_LEVEL_DEMAND) ?? 'info',
    policy: readPolicy(environment, file, { findings, publicListen: listeners.publicListen }),
    cacheBytes: CACHE_BYTES,
    providers,
    webhooks: readWebhooks(webhooks(findings)),
    readSecrets: () => ({
      providers: readClientSecrets(
        providers.map(({ id }) => id),
        (own) => ({
          file,
          fileDirectory,
          environment: new Environment(variables, own, around.cwd),
          findings: own,
        }),
      ),
      webhooks: readWebhookSecrets(webhooks),
    }),
  }
  environment.text('LARDER_URL', daemonUrlRule)
  environment.refuseUnknown([...presetIds, ...file.providerIds])
  const keySources = readKeys(
    { environment, variables },
    { ...places, listensOnLoopback: isLoopback(plain.listen), inImage: around.inImage },
    findings,
  )
  if (providers.length === 0) findings.warning('providers', 'none is configured')
  const keys = findings.problems.length === 0 && makeKeys(keySources, places.dataDir, findings)
  if (!keys) throw new ConfigError(findings.problems)
  const masterKey = new MasterKeyOnce(keys.masterKey)
  return { ...plain, ...keys, masterKey, warnings: findings.warnings }
}

function readFile(
  environment: Environment,
  around: ConfigSources,
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

const LOG_LEVEL_DEMAND = `must be one of ${LOG_LEVELS.join(', ')}`

function parseLogLevel(raw: string): LogLevel | null {
  return LOG_LEVELS.find((level) => level === raw) ?? null
}
