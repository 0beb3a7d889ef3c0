import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { ProviderId } from '../core/base/ids.ts'
import { Secret } from '../core/base/secret.ts'
import { isEventType, type WebhookEndpoint, type WebhookId } from '../core/events/webhook.ts'
import { Findings } from './findings.ts'
import { noteOpenToOthers, readSecretFile, type SecretsRead } from './keys/secret-file.ts'

const MOST_ENDPOINTS = 50
const MOST_SECRETS = 5

const text = z.string({ error: 'must be text' }).min(1, { error: 'must be text' })
const secretList = listOf(text).max(MOST_SECRETS, { error: `must be at most ${MOST_SECRETS}` })

const endpointSchema = z.strictObject(
  {
    id: text
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/, {
        error: 'must be lower case letters, digits and hyphens',
      })
      .nullish(),
    url: text,
    secret: text.nullish(),
    secrets: secretList.nullish(),
    secretFile: text.nullish(),
    secretFiles: secretList.nullish(),
    types: listOf(text.refine(isEventType, { error: 'no such type of event' })).nullish(),
    providers: listOf(text).nullish(),
  },
  { error: 'must be a map' },
)

/** The section `webhooks` of larder.yaml. */
export const webhooksSchema = z
  .array(endpointSchema, { error: 'must be a list' })
  .max(MOST_ENDPOINTS, { error: `must be at most ${MOST_ENDPOINTS}` })

type EndpointSettings = z.output<typeof endpointSchema>

type Sources = {
  readonly settings: readonly EndpointSettings[]
  /** Whether others can read the file with these settings. */
  readonly isOpenToOthers: boolean
  /** Relative paths start at this directory. */
  readonly directory: string
  /** The ids of configured providers. */
  readonly providers: ReadonlySet<string>
  readonly findings: Findings
}

export function readWebhooks(sources: Sources): readonly WebhookEndpoint[] {
  const endpoints = sources.settings.flatMap((settings, index) =>
    readEndpoint(settings, `webhooks.${index}`, sources),
  )
  const ids = endpoints.map(({ id }) => id)
  if (new Set(ids).size < ids.length) {
    sources.findings.problem('webhooks', 'two have the same id, or the same URL and no id')
  }
  return endpoints
}

/** Reads the secrets of the webhooks again. */
export function readWebhookSecrets(
  sources: (findings: Findings) => Sources,
): readonly SecretsRead[] {
  return sources(new Findings()).settings.flatMap((settings, index) => {
    const findings = new Findings()
    const endpoints = readEndpoint(settings, `webhooks.${index}`, sources(findings))
    return endpoints.map(({ id, secrets }) => ({ id, secrets, problems: findings.problems }))
  })
}

function readEndpoint(
  settings: EndpointSettings,
  place: string,
  sources: Sources,
): readonly WebhookEndpoint[] {
  const { findings } = sources
  const url = parseReceiverUrl(settings.url)
  if (url === null) {
    findings.problem(`${place}.url`, 'must be an http or https URL without login or fragment')
  }
  const unknown = settings.providers?.findIndex((id) => !sources.providers.has(id)) ?? -1
  if (unknown >= 0) findings.problem(`${place}.providers.${unknown}`, 'no such provider')
  const secrets = readSecrets(settings, place, sources)
  if (url === null) return []
  const { id, types, providers } = settings
  return [
    {
      id: (id ?? idFor(url)) as WebhookId,
      url,
      secrets,
      types: types == null ? null : new Set(types.filter(isEventType)),
      providers: providers == null ? null : new Set(providers as ProviderId[]),
    },
  ]
}

/** The id is a hash, because the URL may contain a secret. */
function idFor(url: URL): string {
  return `url-${createHash('sha256').update(url.href).digest('hex').slice(0, 16)}`
}

function parseReceiverUrl(raw: string): URL | null {
  // `URL` accepts spaces and backslashes, which other parsers interpret differently.
  const url = /[\s\\#]/.test(raw) ? null : URL.parse(raw)
  if (url === null || !/^https?:$/.test(url.protocol)) return null
  return url.username === '' && url.password === '' ? url : null
}

function readSecrets(
  { secret, secrets, secretFile, secretFiles }: EndpointSettings,
  place: string,
  { isOpenToOthers, directory, findings }: Sources,
): readonly Secret[] {
  const given = Object.entries({ secret, secrets, secretFile, secretFiles }).flatMap(
    ([name, value]) => (value == null ? [] : [{ name, values: [value].flat() }]),
  )
  const [one, ...others] = given
  if (one === undefined || others.length > 0) {
    findings.problem(place, 'needs one of secret, secrets, secretFile and secretFiles')
    return []
  }
  const name = `${place}.${one.name}`
  const isFile = one.name.startsWith('secretFile')
  if (!isFile && isOpenToOthers) noteOpenToOthers(name, findings)
  return one.values.flatMap((value) => {
    const found = isFile ? readSecretFile(resolve(directory, value), name, findings) : value
    if (found === null) return []
    if (!isSigningSecret(found)) findings.problem(name, SECRET_DEMAND)
    return [new Secret(found)]
  })
}

const SECRET_DEMAND = 'must be whsec_ and 24 to 64 bytes in base64'

/** Whether the secret has the format of Standard Webhooks. */
function isSigningSecret(secret: string): boolean {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  if (encoded === undefined || encoded.length % 4 !== 0) return false
  const { length } = Buffer.from(encoded, 'base64')
  return length >= 24 && length <= 64
}

function listOf<T extends z.ZodType>(shape: T) {
  return z.array(shape, { error: 'must be a list' }).min(1, { error: 'must not be empty' })
}
