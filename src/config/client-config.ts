import type { Secret } from '../core/base/secret.ts'
import { Environment, type Rule, type EnvironmentVariables } from './environment.ts'
import { ConfigError, Findings } from './findings.ts'
import { keyFiles, readLeftKey } from './keys/key-files.ts'
import { apiKeyRule } from './keys/keys.ts'
import { readPrivateListen, urlOf } from './listen.ts'
import { readPlaces, type ConfigSources } from './config-sources.ts'
import { isDaemonUrl } from './urls.ts'

export type ClientConfig = { readonly url: string; readonly apiKey: Secret }

/** Reads the URL of the daemon and the API key for the command line. */
export function loadClientConfig(
  variables: EnvironmentVariables,
  around: Pick<ConfigSources, 'cwd' | 'inImage'>,
): ClientConfig {
  const findings = new Findings()
  const environment = new Environment(variables, findings, around.cwd)
  const given = environment.text('LARDER_URL', daemonUrlRule)
  const url = given ?? urlOf(readPrivateListen(environment))
  const left = keyFiles(readPlaces(environment, around).dataDir).apiKey
  const apiKey = environment.isGiven('LARDER_API_KEY')
    ? environment.secret('LARDER_API_KEY', apiKeyRule)
    : readLeftKey(left, apiKeyRule, findings)
  if (apiKey === null && findings.problems.length === 0) {
    findings.problem('LARDER_API_KEY', 'not set; the daemon has one')
  }
  if (apiKey === null || findings.problems.length > 0) throw new ConfigError(findings.problems)
  return { url, apiKey }
}

/** The URL at which this machine reaches the private API. */
export function privateUrl(variables: EnvironmentVariables): string {
  const findings = new Findings()
  const listen = readPrivateListen(new Environment(variables, findings, '/'))
  if (findings.problems.length > 0) throw new ConfigError(findings.problems)
  return urlOf(listen)
}

export const daemonUrlRule: Rule = (raw) =>
  isDaemonUrl(raw) ? null : 'must be an http or https URL, or unix:/path'
