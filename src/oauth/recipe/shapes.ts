import { z } from 'zod'
import { clientAuthStrategies } from '../request/strategies.ts'
import { path } from './account-shapes.ts'

/** A text with `{name}` for what is filled in: declared parameters, kept values, `clientId`, `redirectUri`. */
export const template = z.string().min(1)

/** Static parameters or headers; null takes away one that stands beneath. */
export const texts = z.record(z.string(), template.nullable()).readonly()

/** A protocol parameter by another name; null: not sent. */
export const renames = z.record(z.string(), z.string().nullable()).readonly()

/**
 * How the client proves itself. `basic` encodes id and secret as RFC 6749 §2.3.1 asks, `basic-raw`
 * does not; `secret-as-user` is Basic with the secret for a user and no password.
 */
export const clientAuth = z.union([
  z.enum(['basic', 'basic-raw', 'post', 'none', 'secret-as-user']),
  z
    .strictObject({
      strategy: z
        .string()
        .refine((name) => Object.hasOwn(clientAuthStrategies, name), 'names no strategy there is'),
      /** What it is told of this provider. */
      with: texts.default({}),
    })
    .readonly(),
])
export type ClientAuthMethod = z.output<typeof clientAuth>

export const format = z.enum(['form', 'json', 'query'])
const method = z.enum(['GET', 'POST', 'PUT', 'DELETE', 'PROPFIND'])

/** What one kind of token request does otherwise than the others of its provider. */
export const tokenRequest = z
  .strictObject({
    method: method.optional(),
    format: format.optional(),
    headers: texts.optional(),
    params: texts.optional(),
    rename: renames.optional(),
    clientAuth: clientAuth.optional(),
    /** In place of the standard one; null: none is sent. */
    grantType: z.string().nullable().optional(),
    /** `bearer`: the token goes into the Authorization header instead. */
    tokenIn: z.enum(['params', 'bearer']).optional(),
    /** Sends the scopes that were asked for. */
    sendsScope: z.boolean().optional(),
  })
  .readonly()
export type TokenRequest = z.output<typeof tokenRequest>

/** A request beside the token endpoint: a probe, a revocation. */
const sideRequest = z
  .strictObject({
    url: template.optional(),
    method: method.optional(),
    format: format.optional(),
    headers: texts.optional(),
    params: texts.optional(),
    /** `token`: as the provider's API wants it, or behind `scheme`; `secret`: the client's secret. */
    auth: z.enum(['token', 'client', 'secret', 'none']).optional(),
    scheme: z.string().optional(),
    /** Where the client proves itself otherwise here than at the token endpoint. */
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
    /** Of an access token; a refresh token of 0 seconds never ends anywhere. */
    zeroMeansNever: z.boolean().default(false),
  })
  .readonly()
export type LifetimeSource = z.output<typeof lifetimeSource>

/** Where the tokens stand in an answer. */
export const answer = z
  .strictObject({
    /** Places of a whole token set, the first with an access token counts; '' is the top. */
    roots: z.array(path).min(1).readonly().default(['']),
    format: z.enum(['json', 'form']).nullable().default(null),
    accessToken: path.default('access_token'),
    /** Null: none is kept, because the access token does not end. */
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
    /** Where it is not the one of the request. */
    scopeSeparator: z.string().min(1).optional(),
  })
  .readonly()
export type AnswerShape = z.output<typeof answer>

export const grantedScope = z
  .strictObject({
    /** Granted scopes that answers leave out. */
    unreported: z.array(z.string()).readonly().default([]),
    /** What a scope is called in answers where it is not as it was asked for. */
    aliases: z.record(z.string(), z.array(z.string()).readonly()).readonly().default({}),
    /** May or may not stand before a scope; one of several. */
    prefix: z
      .union([z.string(), z.array(z.string()).readonly()])
      .nullable()
      .default(null),
    ignoreCase: z.boolean().default(false),
    /** The parameter of the callback that lists them where the answer does not. */
    callbackParam: z.string().nullable().default(null),
  })
  .readonly()
export type GrantedScope = z.output<typeof grantedScope>

/** A value of an answer that later calls need. One that goes into a URL must have a pattern. */
export const kept = z
  .strictObject({
    /** `flow`: what Larder itself sent the user away with (`redirectUri`). */
    from: z.enum(['tokens', 'callback', 'idToken', 'probe', 'flow']),
    path,
    pattern: z.string().optional(),
    /** In its place where there is none. */
    default: template.optional(),
    /** For a value of the callback: asked with the new token, it answers 2xx if the value belongs to it. */
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
    /** `any`: the refresh token, else the access token. */
    tokens: z.enum(['both', 'refresh', 'access', 'any']).default('both'),
    sendsHint: z.boolean().default(true),
    /**
     * `account`: revoking one token ends every grant of the account at the client, or may. Write
     * `token` only if the vendor says that other grants stay.
     */
    reach: z.enum(['token', 'account']).default('account'),
    /** Statuses that say that the token is gone already. */
    goneStatuses: z.array(z.int()).readonly().default([]),
    /** What a 2xx answer must hold. */
    success: answerRule.optional(),
  })
  .readonly()
export type RevocationShape = z.output<typeof revocation>

/**
 * Providers with one `name` belong to one vendor, where the grants of an account are one. Clients whose
 * ids are the same up to `projectSeparator` belong to one project there, and share them.
 */
export const grantDomain = z
  .strictObject({ name: z.string().min(1), projectSeparator: z.string().min(1).optional() })
  .readonly()

export const probe = sideRequest
  .unwrap()
  .extend({
    success: answerRule.optional(),
    /** What is sent as it stands, where credentials are held against the provider. */
    body: z.string().optional(),
  })
  .readonly()

const asked = {
  usernameLabel: z.string().min(1).default('User name'),
  /** Where such a password or key is made, in a sentence or two for the page. */
  help: z.string().min(1).optional(),
  helpUrl: z.url({ protocol: /^https$/ }).optional(),
  /** Answers of the probe that say no; any other that is no success says nothing of them. */
  refused: z
    .array(answerRule)
    .min(1)
    .readonly()
    .default([{ statuses: [401, 403] }]),
}

/** What the user hands over, and how the connect page asks for it. */
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
      /** The key goes as the user of Basic, with this for a password; else as `apiHeader` says. */
      basicPassword: z.string().optional(),
    })
    .readonly(),
])
export type CredentialsShape = z.output<typeof credentials>

export const param = z
  .strictObject({
    description: z.string(),
    /** The whole value must match. */
    pattern: z.string().optional(),
    /** What each allowed value stands for in a template. */
    values: z.record(z.string(), z.string()).readonly().optional(),
    /** Further names for templates, each with what it stands for at each value. */
    variables: z.record(z.string(), z.record(z.string(), z.string())).readonly().default({}),
    default: z.string().optional(),
    required: z.boolean().default(false),
    /** `operator`: it may name any host, so only who owns the client's secret may set it. */
    setBy: z.enum(['anyone', 'operator']).default('anyone'),
    /** The authorization parameter that carries it, too. */
    authorizationParam: z.string().optional(),
  })
  .refine(
    ({ pattern, values }) => (pattern === undefined) !== (values === undefined),
    'needs either a pattern or values',
  )
  .readonly()
export type Param = z.output<typeof param>
