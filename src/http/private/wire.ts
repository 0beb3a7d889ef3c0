import { z } from 'zod'
import { PERMISSIONS } from '../../core/base/access.ts'
import { FAILURE_REASONS } from '../../core/connection/connection.ts'
import { PROBLEMS } from '../problems.ts'

// Shapes of answers. The wire types and the components of the OpenAPI document are derived from
// these shapes.

/** Every shape that has a name in the OpenAPI document. */
export const components = z.registry<{ id: string }>()

export function named<T extends z.ZodType>(id: string, shape: T): T {
  components.add(shape, { id })
  return shape
}

export const time = z.string().meta({ format: 'date-time' })

export const nextActionShape = z.enum(['reauthorize', 'confirm', 'fix_configuration', 'retry'])
export const statusShape = z.enum(['pending', 'active', 'failing', 'disconnected'])

/** Why a working connection will stop working, and what to change. */
const warningShape = z.object({
  code: z.enum(['no_refresh_token', 'grants_per_account']),
  detail: z.string(),
})

const metadataShape = z.record(z.string(), z.unknown())

const accountShape = named(
  'Account',
  z.object({
    id: z.string().nullable(),
    email: z.string().nullable(),
    emailVerified: z.literal(true).optional(),
    name: z.string().nullable(),
  }),
)

const failureShape = named(
  'Failure',
  z.object({
    reason: z.enum(FAILURE_REASONS),
    detail: z.string(),
    since: time,
    attempts: z.int(),
    nextAction: nextActionShape,
  }),
)

/** The fields that do not depend on the time of the answer. */
const connectionFields = z.object({
  id: z.string(),
  userId: z.string(),
  provider: z.string(),
  label: z.string().nullable(),
  account: accountShape,
  email: z.string().nullable(),
  status: statusShape,
  alive: z.boolean().describe('Whether a token can be served right now.'),
  scope: z.array(z.string()),
  missingScope: z.array(z.string()),
  expiresAt: time.nullable().describe('When the current access token expires.'),
  grantExpiresAt: time
    .nullable()
    .describe('When the grant itself expires, if known: then the user must reconnect.'),
  accessToken: z
    .string()
    .nullable()
    .describe("Null, unless a caller with tokens:read reads a user's connection."),
  refreshToken: z.null().describe('Never given out.'),
  refreshable: z.boolean(),
  nextRefreshAt: time.nullable(),
  lastRefreshedAt: time.nullable(),
  failure: failureShape.nullable(),
  metadata: metadataShape,
  providerData: metadataShape.describe(
    'Values from the provider that calls to its API need, such as an instance URL.',
  ),
  createdAt: time,
  updatedAt: time,
})

export const eventConnectionShape = named('EventConnection', connectionFields)

export const connectionShape = named(
  'Connection',
  z.object({ ...connectionFields.shape, warnings: z.array(warningShape) }),
)

export const connectionListShape = named(
  'ConnectionList',
  z.object({
    items: z.array(connectionShape),
    nextCursor: z
      .string()
      .optional()
      .describe('Absent unless there are more: the cursor for GET /v1/connections.'),
  }),
)

export const connectionPageShape = named(
  'ConnectionPage',
  z.object({ items: z.array(connectionShape), nextCursor: z.string().nullable() }),
)

export const completedShape = named(
  'CompletedAuthorization',
  z.object({ ...connectionShape.shape, appState: z.string().nullable() }),
)

const servedCredentialsShape = z
  .union([
    z.object({ username: z.string(), password: z.string() }),
    z.object({ apiKey: z.string() }),
  ])
  .describe('Where the connection lives on credentials of the user, who then has no access token.')

export const tokenShape = named(
  'Token',
  z.object({
    accessToken: z.string().nullable().describe('Null if there are credentials.'),
    credentials: servedCredentialsShape.optional(),
    tokenType: z.string().describe('Of credentials: Basic or ApiKey.'),
    tokenId: z.string().describe('Identifies a token without revealing it.'),
    expiresAt: time.nullable(),
    expiresInSeconds: z.int().nullable(),
    scope: z.array(z.string()),
    missingScope: z.array(z.string()),
    connectionId: z.string(),
    provider: z.string(),
    userId: z.string(),
    account: accountShape,
    status: statusShape,
    warnings: z.array(z.enum(['short_lived', 'reconnect_required', 'refresh_failing', 'unproven'])),
    header: z
      .object({ name: z.string(), value: z.string() })
      .describe("The header for the provider's API; send it unchanged."),
  }),
)

const revocationShape = z.enum(['queued', 'unsupported', 'skipped'])

export const deletionShape = named('Deletion', z.object({ revocation: revocationShape }))

export const userDeletionShape = named(
  'UserDeletion',
  z.object({
    connections: z.array(
      z.object({ id: z.string(), provider: z.string(), revocation: revocationShape }),
    ),
  }),
)

export const createdLinkShape = named(
  'CreatedLink',
  z.object({
    id: z.string().describe("Not the URL's secret."),
    url: z.string().describe('Where to send the user. Shown once.'),
    expiresAt: time,
    warnings: z.array(warningShape),
  }),
)

export const linkShape = named(
  'Link',
  z.object({
    id: z.string(),
    status: z.enum([
      'pending',
      'awaiting_confirmation',
      'completed',
      'expired',
      'superseded',
      'withdrawn',
    ]),
    connectionId: z.string().nullable(),
    lastError: z.string().nullable(),
    expiresAt: time,
    warnings: z.array(warningShape),
  }),
)

export const authorizationShape = named(
  'Authorization',
  z.object({ url: z.string(), state: z.string(), expiresAt: time }),
)

export const providerListShape = named(
  'ProviderList',
  z.object({
    items: z.array(
      named(
        'Provider',
        z.object({
          id: z.string(),
          name: z.string(),
          connectsBy: z.enum(['link', 'credentials', 'machine']),
          scopes: z.array(z.string()),
          params: z.record(
            z.string(),
            z.object({
              description: z.string(),
              pattern: z.string(),
              required: z.boolean(),
              default: z.string().nullable(),
            }),
          ),
          credentials: z
            .enum(['basic', 'apiKey'])
            .nullable()
            .describe('What the user enters, if the provider connects by credentials.'),
          redirectUri: z
            .string()
            .nullable()
            .describe('Register it at the provider; null if users are not sent there.'),
        }),
      ),
    ),
  }),
)

const keyShape = named(
  'Key',
  z.object({
    id: z.string(),
    name: z.string(),
    permissions: z.array(z.enum(PERMISSIONS)),
    providers: z.array(z.string()).nullable(),
    userIdPrefix: z.string().nullable(),
    createdAt: time,
    revokedAt: time.nullable(),
  }),
)

export const keyPageShape = named(
  'KeyPage',
  z.object({ items: z.array(keyShape), nextCursor: z.string().nullable() }),
)

export const createdKeyShape = named(
  'CreatedKey',
  z.object({ ...keyShape.shape, key: z.string().describe('Shown once.') }),
)

export const problemShape = named(
  'Problem',
  z.object({
    type: z.string().describe('urn:larder:problem:<code>'),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS)),
    detail: z.string(),
    nextAction: nextActionShape.optional(),
    reason: z.string().optional(),
    errors: z
      .array(
        z.object({
          in: z.enum(['query', 'path', 'body', 'header']),
          name: z.string().describe('A nested name has dots.'),
          detail: z.string(),
        }),
      )
      .optional(),
    accounts: z
      .array(
        z.object({
          ...accountShape.shape,
          label: z.string().nullable(),
          connectionId: z.string(),
        }),
      )
      .optional()
      .describe('For several_accounts: which there are.'),
    connectionId: z
      .string()
      .optional()
      .describe('The connection to reconnect or confirm, or the one that conflicts.'),
    errorCode: z.string().optional().describe('Of a callback, as in the redirect of a link.'),
    providerError: z.string().optional().describe('What the provider sent to the callback.'),
    requestId: z.string(),
  }),
)
