import { resolve } from 'node:path'
import { Secret } from '../core/secret.ts'
import { parseProvider, presetIds, type ProviderSettings } from '../oauth/providers.ts'
import type { Environment } from './environment.ts'
import type { Findings } from './findings.ts'
import type { LarderFile } from './larder-file.ts'
import { noteOpenToOthers, readSecretFile } from './secret-file.ts'
import { providerSettings } from './settings.ts'

type Sources = {
  readonly file: LarderFile
  /** What relative paths in the file start from. */
  readonly fileDirectory: string
  readonly environment: Environment
  readonly findings: Findings
}

/** The providers of the file, and the presets that the environment enables. The environment wins. */
export function readProviders(sources: Sources): readonly ProviderSettings[] {
  const named = new Map(Object.entries(sources.file.providers ?? {}))
  const ids = new Set([...named.keys(), ...presetIds])
  const providers = [...ids].flatMap((id) => readProvider(id, named.get(id), sources))
  for (const provider of providers) checkProvider(provider, sources.findings)
  return providers
}

function checkProvider(provider: ProviderSettings, findings: Findings): void {
  const result = parseProvider(provider)
  if (result.kind === 'problems') return findings.add(result.problems)
  const { client, recipe } = result.parsed
  const needsSecret = recipe.clientAuth !== undefined && recipe.clientAuth !== 'none'
  if (needsSecret && client?.secrets.length === 0) {
    findings.warning(`providers.${provider.id}`, 'has a client id and no client secret')
  }
}

function readProvider(
  id: string,
  entry: Readonly<Record<string, unknown>> | null | undefined,
  sources: Sources,
): readonly ProviderSettings[] {
  const { environment, findings } = sources
  const names = providerSettings(id)
  const clientId = environment.text(names.clientId)
  const clientSecret = environment.secret(names.clientSecret)
  const hasSecret = environment.isGiven(names.clientSecret)
  if (entry === undefined && clientId === null) {
    if (hasSecret) findings.problem(names.clientSecret, `needs ${names.clientId} beside it`)
    return []
  }
  const {
    clientSecret: _one,
    clientSecrets: _many,
    clientSecretFile: _file,
    ...plain
  } = entry ?? {}
  const settings = clientId === null ? plain : { ...plain, clientId }
  const own = hasSecret ? [clientSecret] : readFileSecrets(id, entry ?? {}, sources)
  return [{ id, settings, clientSecrets: own.filter((secret) => secret !== null) }]
}

function readFileSecrets(
  id: string,
  entry: Readonly<Record<string, unknown>>,
  { file, fileDirectory, findings }: Sources,
): readonly (Secret | null)[] {
  const { clientSecret, clientSecrets, clientSecretFile } = entry
  const given = [clientSecret, clientSecrets, clientSecretFile].filter((value) => value != null)
  if (given.length === 0) return []
  const place = `providers.${id}`
  if (given.length > 1) {
    findings.problem(place, 'keep one of clientSecret, clientSecrets and clientSecretFile')
    return []
  }
  if (clientSecretFile != null) {
    const name = `${place}.clientSecretFile`
    if (!isText(clientSecretFile)) findings.problem(name, 'must be the path of a file')
    if (!isText(clientSecretFile)) return []
    const text = readSecretFile(resolve(fileDirectory, clientSecretFile), name, findings)
    return text === null ? [] : [new Secret(text)]
  }
  if (file.isOpenToOthers) noteOpenToOthers(place, findings)
  const secrets = clientSecret == null ? clientSecrets : [clientSecret]
  if (Array.isArray(secrets) && secrets.length > 0 && secrets.every(isText)) {
    return secrets.map((secret) => new Secret(secret))
  }
  const name = clientSecret == null ? 'clientSecrets' : 'clientSecret'
  findings.problem(
    `${place}.${name}`,
    `must be ${clientSecret == null ? 'a list of texts' : 'text'}`,
  )
  return []
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
