import { z } from 'zod'
import { clientAuthStrategies } from '../request/strategies.ts'
import { path } from './account-shapes.ts'

/**
 * A text with placeholders `{name}` for declared parameters, stored values, `clientId` or
 * `redirectUri`.
 */
export const template = z.string().min(1)

/** Static parameters or headers. Null removes an inherited one. */
export const texts = z.record(z.string(), template.nullable()).readonly()

/** Other names for protocol parameters. Null means that the parameter is not sent. */
export const renames = z.record(z.string(), z.string().nullable()).readonly()

/**
 * How the client authenticates. `basic` encodes id and secret as RFC 6749 §2.3.1 requires;
 * `basic-raw` does not. `secret-as-user` sends the secret as the Basic user name, without a
 * password.
 */
export const clientAuth = z.union([
  z.enum(['basic', 'basic-raw', 'post', 'none', 'secret-as-user']),
  z
    .strictObject({
      strategy: z
        .string()
        .refine((name) => Object.hasOwn(clientAuthStrategies, name), 'names no strategy there is'),
      /** Options of the strategy. */
      with: texts.default({}),
    })
    .readonly(),
])
export type ClientAuthMethod = z.output<typeof clientAuth>

export const format = z.enum(['form', 'json', 'query'])
const method = z.enum(['GET', 'POST', 'PUT', 'DELETE', 'PROPFIND'])

/** The differences of one kind of token request from the other token requests of the provider. */
export const tokenRequest = z
  .strictObject({
    method: method.optional(),
    format: format.optional(),
    headers: texts.optional(),
    params: texts.optional(),
    rename: renames.optional(),
    clientAuth: clientAuth.optional(),
    /** Replaces the standard grant type. Null means that no grant type is sent. */
    grantType: z.string().nullable().optional(),
    /** `bearer`: sends the token in the Authorization header, not in the parameters. */
    tokenIn: z.enum(['params', 'bearer']).optional(),
    /** Sends the requested scopes. */
    sendsScope: z.boolean().optional(),
  })
  .readonly()
export type TokenRequest = z.output<typeof tokenRequest>

/** A request to another endpoint, such as a probe or a revocation. */
const sideRequest = z
  .strictObject({
    url: template.optional(),
    method: method.optional(),
    format: format.optional(),
    headers: texts.optional(),
    params: texts.optional(),
    /**
     * `token`: sends the token in `apiHeader`, after `scheme` if it is set. `secret`: sends the
     * client's secret.
     */
    auth: z.enum(['token', 'client', 'secret', 'none']).optional(),
    scheme: z.string().optional(),
    /** Set this if the client authenticates differently here than at the token endpoint. */
    clientAuth: clientAuth.optional(),
    /** The parameter that carries the token. */
    tokenParam: z.string().nullable().optional(),
    /** Renames that are added to the provider's `rename`. */
    rename: renames.optional(),
  })
  .readonly()
export type SideRequest = z.output<typeof sideRequest>

const lifetimeSource = z
  .strictObject({
    path,
    unit: z.enum(['seconds', 'epoch', 'iso']).default('seconds'),
    /**
     * A lifetime of 0 means that the access token does not expire. Do not set this for refresh
     * tokens.
     */
    zeroMeansNever: z.boolean().default(false),
  })
  .readonly()
export type LifetimeSource = z.output<typeof lifetimeSource>

/** The places of the tokens in an answer. */
export const answer = z
  .strictObject({
    /**
     * Places of the token set. The first place with an access token is used. '' is the whole
     * answer.
     */
    roots: z.array(path).min(1).readonly().default(['']),
    format: z.enum(['json', 'form']).nullable().default(null),
    accessToken: path.default('access_token'),
    /** If null, no refresh token is stored, because the access token does not expire. */
    refreshToken: path.nullable().default('refresh_token'),
    tokenType: path.default('token_type'),
    expiresIn: z
      .array(lifetimeSource)
      .readonly()
      .prefault([{ path: 'expires_in' }]),
    refreshTokenExpiresIn: z
      .array(lifetimeSource)
      .readonly()
      .prefault([{ path: 'refresh_token_expires_in' }, { path: 'refresh_expires_in' }]),
    scope: z.array(path).readonly().default(['scope']),
    /** Set this if the separator differs from that of the request. */
    scopeSeparator: z.string().min(1).optional(),
  })
  .readonly()
export type AnswerShape = z.output<typeof answer>

export const grantedScope = z
  .strictObject({
    /** Granted scopes that answers omit. */
    unreported: z.array(z.string()).readonly().default([]),
    /** Other names of a scope in answers, by its requested name. */
    aliases: z.record(z.string(), z.array(z.string()).readonly()).readonly().default({}),
    /** A prefix, or several, that an answer may add to a scope or omit. */
    prefix: z
      .union([z.string(), z.array(z.string()).readonly()])
      .nullable()
      .default(null),
    ignoreCase: z.boolean().default(false),
    /** The callback parameter that lists the granted scopes, if the token answer does not. */
    callbackParam: z.string().nullable().default(null),
  })
  .readonly()
export type GrantedScope = z.output<typeof grantedScope>

/**
 * A value of an answer that Larder stores for later requests. If it is used in a URL, it must have
 * a pattern.
 */
export const kept = z
  .strictObject({
    /** `flow`: a value that Larder sent when it started the flow (`redirectUri`). */
    from: z.enum(['tokens', 'callback', 'idToken', 'probe', 'flow']),
    path,
    pattern: z.string().optional(),
    /** Used if the answer has no value. */
    default: template.optional(),
    /**
     * For a callback value: Larder sends this request with the new token. A 2xx answer means that
     * the value belongs to the token.
     */
    verifiedBy: z
      .strictObject({ url: template, headers: texts.default({}) })
      .readonly()
      .optional(),
  })
  .readonly()
export type Kept = z.output<typeof kept>

const answerRule = z
  .strictObject({
    statuses: z.array(z.int().min(200).max(599)).readonly().optional(),
    where: z
      .record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean()])).readonly())
      .readonly()
      .optional(),
  })
  .refine(
    ({ statuses, where }) => statuses !== undefined || Object.keys(where ?? {}).length > 0,
    'needs statuses or where',
  )
  .readonly()
const answerRules = z.array(answerRule).readonly().default([])

export const errors = z
  .strictObject({
    dead: answerRules,
    config: answerRules,
    temporary: answerRules,
    throttled: answerRules,
  })
  .readonly()

export const revocation = sideRequest
  .unwrap()
  .extend({
    /** `any`: the refresh token, or the access token if there is none. */
    tokens: z.enum(['both', 'refresh', 'access', 'any']).default('both'),
    sendsHint: z.boolean().default(true),
    /**
     * `account`: revoking one token also revokes, or may revoke, every grant of the account at the
     * client. Use `token` only if the vendor documents that other grants remain valid.
     */
    reach: z.enum(['token', 'account']).default('account'),
    /** Statuses that mean that the token was already revoked. */
    goneStatuses: z.array(z.int()).readonly().default([]),
    /** What a 2xx answer must contain. */
    success: answerRule.optional(),
  })
  .readonly()
export type RevocationShape = z.output<typeof revocation>

/**
 * Providers with the same `name` belong to one vendor and share the grants of an account. Clients
 * whose ids are equal up to `projectSeparator` belong to one project and share its grants.
 */
export const grantDomain = z
  .strictObject({ name: z.string().min(1), projectSeparator: z.string().min(1).optional() })
  .readonly()

export const probe = sideRequest
  .unwrap()
  .extend({
    success: answerRule.optional(),
    /** The body that is sent unchanged when credentials are checked. */
    body: z.string().optional(),
  })
  .readonly()

const asked = {
  usernameLabel: z.string().min(1).default('User name'),
  /** One or two sentences that tell the user where to create the password or key. */
  help: z.string().min(1).optional(),
  helpUrl: z.url({ protocol: /^https$/ }).optional(),
  /**
   * Probe answers that mean that the credentials are wrong. Other failures say nothing about the
   * credentials.
   */
  refused: z
    .array(answerRule)
    .min(1)
    .readonly()
    .default([{ statuses: [401, 403] }]),
}

/** The credentials that the user enters, and how the connect page asks for them. */
export const credentials = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('basic'),
      ...asked,
      secretLabel: z.string().min(1).default('Password'),
    })
    .readonly(),
  z
    .strictObject({
      type: z.literal('apiKey'),
      ...asked,
      secretLabel: z.string().min(1).default('API key'),
      /**
       * If set, sends the key as the Basic user name, with this password. Otherwise, `apiHeader`
       * defines how the key is sent.
       */
      basicPassword: z.string().optional(),
    })
    .readonly(),
])
export type CredentialsShape = z.output<typeof credentials>

export const param = z
  .strictObject({
    description: z.string(),
    /** The pattern must match the whole value. */
    pattern: z.string().optional(),
    /** The allowed values, each with the text that replaces it in templates. */
    values: z.record(z.string(), z.string()).readonly().optional(),
    /** Additional placeholders, each with its text for each allowed value. */
    variables: z.record(z.string(), z.record(z.string(), z.string())).readonly().default({}),
    default: z.string().optional(),
    required: z.boolean().default(false),
    /**
     * `operator`: only the operator may set the parameter, because its value may select the host
     * that receives the client's secret.
     */
    setBy: z.enum(['anyone', 'operator']).default('anyone'),
    /** An authorization parameter in which Larder also sends the value. */
    authorizationParam: z.string().optional(),
  })
  .refine(
    ({ pattern, values }) => (pattern === undefined) !== (values === undefined),
    'needs either a pattern or values',
  )
  .readonly()
export type Param = z.output<typeof param>
