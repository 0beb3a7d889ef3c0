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
} from './shapes.ts'

/** Set for every flow anew; a preset or an operator who could fix one would break the flow's safety. */
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
 * All that tells one provider from another, as data: endpoints, quirks of the requests and of the
 * answers, lifetimes, how to ask who the user is and how to revoke. The field names are those of
 * `larder.yaml`, where every one of them can be overridden.
 */
export const presetSchema = z
  .strictObject({
    name: z.string().min(1),
    documentation: z
      .strictObject({
        url: z.url(),
        verifiedOn: z.iso.date(),
        /** When somebody other than its author compared the preset with the vendor's pages. */
        checkedOn: z.iso.date().optional(),
        /** Fields that no documentation was found for. */
        unverified: words.default([]),
      })
      .readonly()
      .optional(),
    connectsBy: z.enum(['link', 'credentials', 'machine']).default('link'),
    params: z.record(z.string(), param).readonly().default({}),
    /** Fields that stand in place of the preset's own if a parameter has this value in the settings. */
    byParam: z
      .record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown())))
      .default({}),
    /** Where it connects by them. */
    credentials: credentials.optional(),

    /** With one the provider is OpenID: what is not given here is discovered, id tokens are required. */
    issuer: template.optional(),
    /** The issuer of id tokens where metadata names a placeholder: `…/{tenantid}/v2.0`. */
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
    /** Scopes that begin with `prefix` go, without it, into another parameter. */
    secondScope: z
      .strictObject({ param: z.string(), prefix: z.string().min(1) })
      .readonly()
      .optional(),
    /** The scope that brings a refresh token; `always`: whatever a link asks for. */
    offline: z
      .strictObject({
        scope: z.string(),
        when: z.enum(['always', 'configured']).default('always'),
        /** Sent with it. */
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
    /** RFC 9207: an answer without `iss` is refused. */
    requiresIss: z.boolean().default(false),
    /** What some servers hang on to a code. */
    codeSuffixes: words.default([]),
    /** Parameters of the callback that must be there with just this value. */
    callbackMustEqual: texts.default({}),
    callbackStrategy: z
      .string()
      .refine((name) => Object.hasOwn(callbackStrategies, name), 'names no strategy there is')
      .optional(),
    keep: z.record(z.string(), kept).readonly().default({}),

    clientAuth: clientAuth.optional(),
    /** Sends Basic with an empty password where there is no secret. */
    sendsEmptySecret: z.boolean().default(false),
    rename: renames.default({}),
    tokenRequestFormat: format.default('form'),
    tokenRequestHeaders: texts.default({}),
    exchangeRequest: tokenRequest.default({}),
    refreshRequest: tokenRequest.default({}),
    /** A request that turns the first access token into one that lasts, right after the exchange. */
    secondExchange: tokenRequest.unwrap().extend({ url: template }).readonly().optional(),
    /** Where it connects as a machine: the client's own token (RFC 6749 §4.4). */
    machineRequest: tokenRequest.default({}),
    /** The parameter that names the account of such a connection. */
    accountParam: z.string().optional(),
    renewsWith: z.enum(['refresh_token', 'access_token']).default('refresh_token'),
    answer: answer.prefault({}),
    grantedScope: grantedScope.prefault({}),
    errors: errors.prefault({}),

    /** In the answer of `userinfoEndpoint`, as `probe` asks it. */
    account: accountSources.default({ id: 'sub', email: 'email', name: 'name' }),
    accountFromIdToken: accountSources.optional(),
    accountFromTokens: accountSources.optional(),
    /** The name alone, for display: what came by the browser identifies nobody. Parameters may hold JSON. */
    accountFromCallback: z.strictObject({ name: textSource }).readonly().optional(),
    probe: probe.default({}),
    /** Sent if the probe named no e-mail, or one that it does not call verified. */
    emailRequest: z
      .strictObject({ url: template, headers: texts.default({}), email: path, emailVerified })
      .readonly()
      .optional(),
    apiHeader: z
      .strictObject({ name: z.string(), scheme: z.string().nullable() })
      .readonly()
      .default({ name: 'Authorization', scheme: 'Bearer' }),
    /** Null: the provider has no way to revoke. */
    revocation: revocation.nullable().prefault({}),
    /** Needed only where `reach: account` goes beyond one client or one host. */
    grantDomain: grantDomain.optional(),

    accessTokenSeconds: z.number().positive().nullable().default(null),
    refreshTokens: refreshTokens.default({}),
  })
  .readonly()

/** What a preset file or `larder.yaml` holds: everything but the name may be left out. */
export type Preset = z.input<typeof presetSchema> & {
  /** The preset whose fields these replace or extend. */
  readonly extends?: string
}

/** A preset with every default in its place. */
export type Recipe = z.output<typeof presetSchema>

export const presetFields: readonly string[] = Object.keys(presetSchema.unwrap().shape)
