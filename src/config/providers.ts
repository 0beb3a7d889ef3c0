import { resolve } from 'node:path'
import { Secret } from '../core/base/secret.ts'
import {
  parseProvider,
  presetIds,
  type ProviderSettings,
} from '../oauth/recipe/configure-providers.ts'
import type { Environment } from './environment.ts'
import { Findings } from './findings.ts'
import type { LarderFile } from './larder-file.ts'
import {
  LINE_ENDS,
  noteOpenToOthers,
  readSecretFile,
  type SecretsRead,
} from './keys/secret-file.ts'
import { providerSettings } from './settings.ts'

type Sources = {
  readonly file: LarderFile
  /** Relative paths in the file start at this directory. */
  readonly fileDirectory: string
  readonly environment: Environment
  readonly findings: Findings
}

/**
 * Reads the providers of the file and the presets that environment variables enable. The
 * environment overrides the file.
 */
export function readProviders(sources: Sources): readonly ProviderSettings[] {
  const named = new Map(Object.entries(sources.file.providers ?? {}))
  const ids = new Set([...named.keys(), ...presetIds])
  const providers = [...ids].flatMap((id) => readProvider(id, named.get(id), sources))
  for (const provider of providers) checkProvider(provider, sources.findings)
  return providers
}

/** Reads the secrets of these providers again. */
export function readClientSecrets(
  ids: readonly string[],
  sources: (findings: Findings) => Sources,
): readonly SecretsRead[] {
  return ids.map((id) => {
    const findings = new Findings()
    const own = sources(findings)
    const read = readProvider(id, own.file.providers?.[id], own)
    for (const provider of read) checkProvider(provider, findings)
    const secrets = read.flatMap(({ clientSecrets }) => clientSecrets)
    return { id, secrets, problems: findings.problems }
  })
}

function checkProvider(provider: ProviderSettings, findings: Findings): void {
  const result = parseProvider(provider)
  if (result.kind === 'problems') return findings.add(result.problems)
  const { client, recipe } = result.parsed
  const needsSecret = recipe.clientAuth !== undefined && recipe.clientAuth !== 'none'
  if (needsSecret && client?.secrets.length === 0) {
    findings.warning(`providers.${provider.id}`, 'has a client id and no client secret')
  }
  if (result.parsed.allowPlainHttp) findings.warning(`providers.${provider.id}`, PLAIN_HTTP)
  for (const name of result.unused) {
    findings.warning(`providers.${provider.id}.${name}`, 'is not used, because issuer is given')
  }
}

const PLAIN_HTTP =
  'allowPlainHttp is set: client secrets and tokens may cross your network without encryption'

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
    clientSecretFiles: _files,
    ...plain
  } = entry ?? {}
  const given = clientId ?? withoutLineEnds(plain['clientId'])
  const settings = given == null ? plain : { ...plain, clientId: given }
  const own = hasSecret ? [clientSecret] : readFileSecrets(id, entry ?? {}, sources)
  return [{ id, settings, clientSecrets: own.filter((secret) => secret !== null) }]
}

const SECRET_FIELDS = [
  'clientSecret',
  'clientSecrets',
  'clientSecretFile',
  'clientSecretFiles',
] as const

function readFileSecrets(
  id: string,
  entry: Readonly<Record<string, unknown>>,
  { file, fileDirectory, findings }: Sources,
): readonly (Secret | null)[] {
  const given = SECRET_FIELDS.filter((field) => entry[field] != null)
  const [field] = given
  if (field === undefined) return []
  const place = `providers.${id}`
  if (given.length > 1) {
    findings.problem(place, `keep one of ${given.join(' and ')}`)
    return []
  }
  const name = `${place}.${field}`
  const isList = field.endsWith('s')
  const values = isList ? entry[field] : [entry[field]]
  if (!isTextList(values)) {
    const one = field.startsWith('clientSecretFile') ? 'the path of a file' : 'text'
    const many = field.startsWith('clientSecretFile') ? 'a list of paths' : 'a list of texts'
    findings.problem(name, `must be ${isList ? many : one}`)
    return []
  }
  if (field.startsWith('clientSecretFile')) {
    return values.map((path, index) => {
      const where = isList ? `${name}.${index}` : name
      const text = readSecretFile(resolve(fileDirectory, path), where, findings)
      return text === null ? null : new Secret(text)
    })
  }
  if (file.isOpenToOthers) noteOpenToOthers(place, findings)
  return values.map((secret) => new Secret(secret.replace(LINE_ENDS, '')))
}

/** Removes the final line feed that a YAML block (`|`) adds. */
function withoutLineEnds(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(LINE_ENDS, '') : value
}

function isTextList(values: unknown): values is readonly string[] {
  return Array.isArray(values) && values.length > 0 && values.every(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.replace(LINE_ENDS, '') !== ''
}
