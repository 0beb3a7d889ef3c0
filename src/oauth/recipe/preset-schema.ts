import { z } from 'zod'
import { refreshTokens } from '../answer/refresh-token-shape.ts'
import { callbackStrategies } from '../request/strategies.ts'
import { accountSources, emailVerified, path, textSource } from './account-shapes.ts'
import {
  answer,
  clientAuth,
  credentials,
  errors,
  format,
  grantDomain,
  grantedScope,
  kept,
  param,
  probe,
  renames,
  revocation,
  template,
  texts,
  tokenRequest,
} from './preset-fields.ts'

/**
 * Parameters that Larder sets for each flow. A fixed value from a preset or the settings would make
 * the flow unsafe.
 */
const FLOW_PARAMS = new Set(
  (
    'client_id client_secret redirect_uri response_type state nonce scope code code_verifier ' +
    'code_challenge code_challenge_method refresh_token'
  ).split(' '),
)
const staticParams = texts.refine(
  (params) => !Object.keys(params).some((name) => FLOW_PARAMS.has(name)),
  'must not name a parameter of the protocol',
)
const scopes = z
  .array(z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'must be a scope'))
  .readonly()
const words = z.array(z.string()).readonly()

/**
 * All differences between providers, as data: endpoints, special requests and answers, lifetimes,
 * how to identify the user and how to revoke. `larder.yaml` has the same field names and can
 * override each field.
 */
export const presetSchema = z
  .strictObject({
    name: z.string().min(1),
    documentation: z
      .strictObject({
        url: z.url(),
        verifiedOn: z.iso.date(),
        /** When a second person compared the preset with the vendor's pages. */
        checkedOn: z.iso.date().optional(),
        /** Fields that the vendor does not document. */
        unverified: words.default([]),
      })
      .readonly()
      .optional(),
    connectsBy: z.enum(['link', 'credentials', 'machine']).default('link'),
    params: z.record(z.string(), param).readonly().default({}),
    /** Fields that override the preset. Keyed by parameter name, then by the parameter's value. */
    byParam: z
      .record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())))
      .default({}),
    /** Required if `connectsBy` is `credentials`. */
    credentials: credentials.optional(),

    /**
     * Makes the provider an OpenID provider: missing endpoints are discovered, and id tokens are
     * required.
     */
    issuer: template.optional(),
    /**
     * The issuer of id tokens if the metadata contains a placeholder, such as `…/{tenantid}/v2.0`.
     */
    issuerFromClaim: z
      .strictObject({ template, claim: z.string(), pattern: z.string() })
      .readonly()
      .optional(),
    authorizationEndpoint: template.optional(),
    tokenEndpoint: template.optional(),
    refreshEndpoint: template.optional(),
    revocationEndpoint: template.optional(),
    userinfoEndpoint: template.optional(),
    jwksUri: template.optional(),

    scopes: scopes.default([]),
    identityScopes: scopes.default([]),
    scopeParam: z.string().nullable().default('scope'),
    scopeSeparator: z.string().min(1).default(' '),
    /** Scopes that begin with `prefix` are sent in another parameter, without the prefix. */
    secondScope: z
      .strictObject({ param: z.string(), prefix: z.string().min(1) })
      .readonly()
      .optional(),
    /**
     * The scope that requests a refresh token. `always`: sent even if a link does not request it.
     */
    offline: z
      .strictObject({
        scope: z.string(),
        when: z.enum(['always', 'configured']).default('always'),
        /** Authorization parameters that are sent together with this scope. */
        params: staticParams.default({}),
      })
      .readonly()
      .optional(),
    authorizationParams: staticParams.default({}),
    responseType: z.string().nullable().default('code'),
    responseMode: z.enum(['query', 'form_post']).nullable().default(null),
    pkce: z.enum(['required', 'supported', 'omit']).default('supported'),
    nonce: z.enum(['send', 'omit']).default('send'),
    loginHintParam: z.string().nullable().default(null),

    deniedBy: words.default([]),
    unsupportedBy: words.default([]),
    /** Refuses a callback without `iss` (RFC 9207). */
    requiresIss: z.boolean().default(false),
    /** Suffixes that some servers append to a code. */
    codeSuffixes: words.default([]),
    /** Parameters that the callback must have, with their exact values. */
    callbackMustEqual: texts.default({}),
    callbackStrategy: z
      .string()
      .refine((name) => Object.hasOwn(callbackStrategies, name), 'names no strategy there is')
      .optional(),
    keep: z.record(z.string(), kept).readonly().default({}),

    clientAuth: clientAuth.optional(),
    /** If there is no secret, sends Basic with an empty password. */
    sendsEmptySecret: z.boolean().default(false),
    rename: renames.default({}),
    tokenRequestFormat: format.default('form'),
    tokenRequestHeaders: texts.default({}),
    exchangeRequest: tokenRequest.default({}),
    refreshRequest: tokenRequest.default({}),
    /**
     * A request right after the exchange that exchanges the first access token for a long-lived
     * one.
     */
    secondExchange: tokenRequest.unwrap().extend({ url: template }).readonly().optional(),
    /** Requests the client's own token for a machine connection (RFC 6749 §4.4). */
    machineRequest: tokenRequest.default({}),
    /** The parameter that names the account of a machine connection. */
    accountParam: z.string().optional(),
    renewsWith: z.enum(['refresh_token', 'access_token']).default('refresh_token'),
    answer: answer.prefault({}),
    grantedScope: grantedScope.prefault({}),
    errors: errors.prefault({}),

    /** Places in the answer of the probe. By default, the probe requests `userinfoEndpoint`. */
    account: accountSources.default({ id: 'sub', email: 'email', name: 'name' }),
    accountFromIdToken: accountSources.optional(),
    accountFromTokens: accountSources.optional(),
    /**
     * Contains only the name, for display: a value from the browser must not identify a user. The
     * callback parameter may contain JSON.
     */
    accountFromCallback: z.strictObject({ name: textSource }).readonly().optional(),
    probe: probe.default({}),
    /** A request that is sent if the probe returned no verified e-mail. */
    emailRequest: z
      .strictObject({ url: template, headers: texts.default({}), email: path, emailVerified })
      .readonly()
      .optional(),
    apiHeader: z
      .strictObject({ name: z.string(), scheme: z.string().nullable() })
      .readonly()
      .default({ name: 'Authorization', scheme: 'Bearer' }),
    /** Null if the provider cannot revoke. */
    revocation: revocation.nullable().prefault({}),
    /** Needed only if a revocation with `reach: account` affects more than one client or host. */
    grantDomain: grantDomain.optional(),

    accessTokenSeconds: z.number().positive().nullable().default(null),
    refreshTokens: refreshTokens.default({}),
  })
  .readonly()

/** The fields of a preset file or of `larder.yaml`. Only the name is required. */
export type Preset = z.input<typeof presetSchema> & {
  /** The preset that these fields override or extend. */
  readonly extends?: string
}

/** A preset with all defaults. */
export type Recipe = z.output<typeof presetSchema>

export const presetFields: readonly string[] = Object.keys(presetSchema.unwrap().shape)
