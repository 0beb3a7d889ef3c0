import { resolve } from 'node:path'
import { Secret } from '../core/secret.ts'
import type { Environment } from './environment.ts'
import type { Findings } from './findings.ts'
import type { LarderFile } from './larder-file.ts'
import { noteOpenToOthers, readSecretFile } from './secret-file.ts'
import { providerSettings } from './settings.ts'

/** A provider as the settings describe it: what is public as it stands, the client's secrets apart. */
export type ProviderSource = {
  readonly id: string
  readonly settings: Readonly<Record<string, unknown>>
  /** In the order in which they are tried. */
  readonly clientSecrets: readonly Secret[]
}

type Sources = {
  readonly file: LarderFile
  /** What relative paths in the file start from. */
  readonly fileDirectory: string
  readonly environment: Environment
  readonly presetIds: readonly string[]
  readonly findings: Findings
}

/** The providers of the file, and the presets that the environment enables. The environment wins. */
export function readProviderSources(sources: Sources): readonly ProviderSource[] {
  const named = new Map(Object.entries(sources.file.providers ?? {}))
  const ids = new Set([...named.keys(), ...sources.presetIds])
  return [...ids].flatMap((id) => readSource(id, named.get(id), sources))
}

function readSource(
  id: string,
  entry: Readonly<Record<string, unknown>> | null | undefined,
  sources: Sources,
): readonly ProviderSource[] {
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
