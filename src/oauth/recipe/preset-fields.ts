import { z } from 'zod'
import { clientAuthStrategies } from '../request/strategies.ts'
import { path } from './account-shapes.ts'

/**
 * A text with placeholders `{name}`: declared parameters, kept values, `clientId`, `redirectUri`.
 */
export const template = z.string().min(1)

/** Static parameters or headers; null removes an inherited one. */
export const texts = z.record(z.string(), template.nullable()).readonly()

/** Other names for protocol parameters; null: not sent. */
export const renames = z.record(z.string(), z.string().nullable()).readonly()

/**
 * How the client authenticates. `basic` encodes id and secret as RFC 6749 §2.3.1 requires,
 * `basic-raw` does not. `secret-as-user` sends the secret as the user of Basic, without a password.
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

/** How one kind of token request differs from the others of its provider. */
export const tokenRequest = z
  .strictObject({
    method: method.optional(),
    format: format.optional(),
    headers: texts.optional(),
    params: texts.optional(),
    rename: renames.optional(),
    clientAuth: clientAuth.optional(),
    /** Replaces the standard grant type; null: none is sent. */
    grantType: z.string().nullable().optional(),
    /** `bearer`: sends the token in the Authorization header instead. */
    tokenIn: z.enum(['params', 'bearer']).optional(),
    /** Sends the requested scopes. */
    sendsScope: z.boolean().optional(),
  })
  .readonly()
export type TokenRequest = z.output<typeof tokenRequest>

/** A request to another endpoint: a probe, a revocation. */
const sideRequest = z
  .strictObject({
    url: template.optional(),
    method: method.optional(),
    format: format.optional(),
    headers: texts.optional(),
    params: texts.optional(),
    /**
     * `token`: as the provider's API expects it, or after `scheme`; `secret`: the client's secret.
     */
    auth: z.enum(['token', 'client', 'secret', 'none']).optional(),
    scheme: z.string().optional(),
    /** Used if the client authenticates differently here than at the token endpoint. */
    clientAuth: clientAuth.optional(),
    /** The parameter that carries the token. */
    tokenParam: z.string().nullable().optional(),
    /** In addition to the provider's own `rename`. */
    rename: renames.optional(),
  })
  .readonly()
export type SideRequest = z.output<typeof sideRequest>

const lifetimeSource = z
  .strictObject({
    path,
    unit: z.enum(['seconds', 'epoch', 'iso']).default('seconds'),
    /** For an access token; a refresh token of 0 seconds never lives for ever. */
    zeroMeansNever: z.boolean().default(false),
  })
  .readonly()
export type LifetimeSource = z.output<typeof lifetimeSource>

/** The places of the tokens in an answer. */
export const answer = z
  .strictObject({
    /** Places of a token set; the first with an access token is used; '' is the top. */
    roots: z.array(path).min(1).readonly().default(['']),
    format: z.enum(['json', 'form']).nullable().default(null),
    accessToken: path.default('access_token'),
    /** Null: no refresh token is kept, because the access token does not expire. */
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
    /** Set if it differs from that of the request. */
    scopeSeparator: z.string().min(1).optional(),
  })
  .readonly()
export type AnswerShape = z.output<typeof answer>

export const grantedScope = z
  .strictObject({
    /** Granted scopes that answers omit. */
    unreported: z.array(z.string()).readonly().default([]),
    /** Names of a scope in answers, if they differ from the requested name. */
    aliases: z.record(z.string(), z.array(z.string()).readonly()).readonly().default({}),
    /** An optional prefix of a scope; one of several. */
    prefix: z
      .union([z.string(), z.array(z.string()).readonly()])
      .nullable()
      .default(null),
    ignoreCase: z.boolean().default(false),
    /** The parameter of the callback that lists the scopes, if the answer does not. */
    callbackParam: z.string().nullable().default(null),
  })
  .readonly()
export type GrantedScope = z.output<typeof grantedScope>

/**
 * A value of an answer that later requests need. A value that goes into a URL must have a pattern.
 */
export const kept = z
  .strictObject({
    /** `flow`: a value with which Larder began the flow (`redirectUri`). */
    from: z.enum(['tokens', 'callback', 'idToken', 'probe', 'flow']),
    path,
    pattern: z.string().optional(),
    /** Used if there is no value. */
    default: template.optional(),
    /**
     * For a value of the callback: a request with the new token; a 2xx answer proves that the value
     * belongs to the token.
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
     * `account`: revoking one token ends, or may end, every grant of the account at the client.
     * Write `token` only if the vendor says that other grants remain.
     */
    reach: z.enum(['token', 'account']).default('account'),
    /** Statuses that mean that the token no longer exists. */
    goneStatuses: z.array(z.int()).readonly().default([]),
    /** What a 2xx answer must contain. */
    success: answerRule.optional(),
  })
  .readonly()
export type RevocationShape = z.output<typeof revocation>

/**
 * Providers with the same `name` belong to one vendor, at which the grants of an account are one.
 * Clients whose ids are equal up to `projectSeparator` belong to one project, and share its grants.
 */
export const grantDomain = z
  .strictObject({ name: z.string().min(1), projectSeparator: z.string().min(1).optional() })
  .readonly()

export const probe = sideRequest
  .unwrap()
  .extend({
    success: answerRule.optional(),
    /** Sent unchanged if credentials are checked. */
    body: z.string().optional(),
  })
  .readonly()

const asked = {
  usernameLabel: z.string().min(1).default('User name'),
  /** Tells the user where to create such a password or key; a sentence or two. */
  help: z.string().min(1).optional(),
  helpUrl: z.url({ protocol: /^https$/ }).optional(),
  /**
   * Answers of the probe that mean a refusal; any other failure says nothing of the credentials.
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
       * Sends the key as the user of Basic with this password; else the key is sent as `apiHeader`
       * says.
       */
      basicPassword: z.string().optional(),
    })
    .readonly(),
])
export type CredentialsShape = z.output<typeof credentials>

export const param = z
  .strictObject({
    description: z.string(),
    /** Must match the whole value. */
    pattern: z.string().optional(),
    /** The text that each allowed value has in a template. */
    values: z.record(z.string(), z.string()).readonly().optional(),
    /** Further placeholders, each with its text for each value. */
    variables: z.record(z.string(), z.record(z.string(), z.string())).readonly().default({}),
    default: z.string().optional(),
    required: z.boolean().default(false),
    /** `operator`: it may name any host, so only the owner of the client's secret may set it. */
    setBy: z.enum(['anyone', 'operator']).default('anyone'),
    /** An authorization parameter that also carries the value. */
    authorizationParam: z.string().optional(),
  })
  .refine(
    ({ pattern, values }) => (pattern === undefined) !== (values === undefined),
    'needs either a pattern or values',
  )
  .readonly()
export type Param = z.output<typeof param>
