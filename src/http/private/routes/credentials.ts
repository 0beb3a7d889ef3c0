import { z } from 'zod'
import type { Instant } from '../../../core/base/ids.ts'
import { draftFromClient } from '../../../vault/import/import-machine.ts'
import type { NewDraft } from '../../../vault/import/keep-draft.ts'
import { draftFromTokens } from '../../../vault/import/import-tokens.ts'
import { draftFromCredentials } from '../../../vault/import/import-credentials.ts'
import type { EndpointCall } from '../endpoint.ts'
import * as field from '../fields.ts'
import { named } from '../wire.ts'

/** Ten years. */
const LONGEST_LIFE_SECONDS = 315_360_000

const body = z.strictObject({
  userId: field.userId,
  provider: field.providerId,
  accessToken: field.maybe(field.secretText),
  refreshToken: field.maybe(field.secretText),
  credentials: field.maybe(field.credentials),
  grant: field
    .maybe(z.literal('client_credentials'))
    .describe('The client itself is connected, without a user.'),
  scope: field.maybe(field.scope),
  expiresAt: field.maybe(field.instant),
  expiresInSeconds: field.maybe(z.int().min(0).max(LONGEST_LIFE_SECONDS)),
  email: field.maybe(field.email),
  accountId: field.maybe(field.text(1, 256)),
  client: field.maybe(field.client),
  params: field.otherwise(field.providerParams, {}),
  label: field.maybe(field.label),
  metadata: field.maybe(field.metadata),
})

type Given = Readonly<Record<string, unknown>>

const isGiven = (given: Given, name: string) => given[name] != null
const hasTokens = (given: Given) => isGiven(given, 'accessToken') || isGiven(given, 'refreshToken')

const rules: readonly Parameters<typeof field.withRule>[1][] = [
  {
    field: 'accessToken',
    detail: 'is required without refreshToken, credentials and grant',
    holds: (given) => hasTokens(given) || isGiven(given, 'credentials') || isGiven(given, 'grant'),
  },
  {
    field: 'expiresInSeconds',
    detail: 'must not be given together with expiresAt',
    holds: (given) => !isGiven(given, 'expiresAt') || !isGiven(given, 'expiresInSeconds'),
  },
  ...apart('credentials', [
    'accessToken',
    'refreshToken',
    'grant',
    'scope',
    'expiresAt',
    'expiresInSeconds',
    'client',
  ]),
  ...apart('grant', ['accessToken', 'refreshToken', 'expiresAt', 'expiresInSeconds']),
]

/** Rules that forbid the fields `others` if the field `name` is given. */
function apart(name: string, others: readonly string[]) {
  return others.map((other) => ({
    field: other,
    detail: `must not be given together with ${name}`,
    holds: (given: Given) => !isGiven(given, name) || !isGiven(given, other),
  }))
}

export const importBody = named(
  'ConnectionImport',
  rules.reduce((shape, rule) => field.withRule(shape, rule), body),
)

/** Errors that an import of credentials can return. */
export const CREDENTIAL_ERRORS = [
  'not_found',
  'conflict',
  'account_mismatch',
  'provider_misconfigured',
  'provider_unavailable',
] as const

/** The draft of an import: tokens, credentials of the user, or a grant of the client itself. */
export function draftOf(
  { ports, caller }: EndpointCall,
  given: z.output<typeof importBody>,
): NewDraft {
  const { credentials, grant, expiresInSeconds, ...demand } = given
  if (credentials !== null) return draftFromCredentials(ports, caller, { ...demand, credentials })
  if (grant !== null) return draftFromClient(ports, caller, demand)
  const expiresAt = expiryOf({ ...demand, expiresInSeconds }, ports.clock.now())
  return draftFromTokens(ports, caller, { ...demand, expiresAt })
}

/** When the imported access token expires. `expiresInSeconds` starts at `now`. */
function expiryOf(
  given: { readonly expiresAt: Instant | null; readonly expiresInSeconds: number | null },
  now: Instant,
): Instant | null {
  return given.expiresInSeconds === null ? given.expiresAt : now + given.expiresInSeconds * 1000
}
