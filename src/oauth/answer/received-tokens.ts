import { valueAt } from '../../core/base/json-path.ts'
import type { ReceivedTokens } from '../../core/refresh/refresh-outcome.ts'
import { Secret } from '../../core/base/secret.ts'
import type { ProviderCall } from '../request/prepare-call.ts'
import { wholePattern } from '../recipe/check-recipe.ts'
import { grantedScopes } from './granted-scope.ts'
import type { TokenSet } from './normalise.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import type { Kept } from '../recipe/preset-fields.ts'
import { sorted } from './unverified.ts'

/**
 * Builds a standard answer for oauth4webapi from the normalised tokens. The answer is not
 * serialised and parsed again, because that took a quarter of the time during which a kill loses
 * the grant.
 */
export function cleanResponse(tokens: TokenSet, { withIdToken = false } = {}): Response {
  const body = {
    access_token: tokens.accessToken,
    token_type: 'bearer',
    ...(tokens.expiresInSeconds === null ? {} : { expires_in: tokens.expiresInSeconds }),
    ...(tokens.refreshToken === null ? {} : { refresh_token: tokens.refreshToken }),
    ...(tokens.scope === null ? {} : { scope: tokens.scope.join(' ') }),
    ...(withIdToken && tokens.idToken !== null ? { id_token: tokens.idToken } : {}),
  }
  return Object.assign(new Response(), { json: async () => body })
}

/** The documents that stored values can come from. */
export type Sources = {
  readonly tokens: unknown
  readonly callback: ReadonlyMap<string, string>
  readonly idToken: Readonly<Record<string, unknown>>
  readonly probe: unknown
  readonly flow: Readonly<Record<string, unknown>>
}

export const NO_SOURCES: Sources = {
  tokens: {},
  callback: new Map(),
  idToken: {},
  probe: {},
  flow: {},
}

/** Returns null if the answer has no access token. */
export function receivedTokens(
  call: ProviderCall,
  tokens: TokenSet,
  about: {
    readonly requestedScope: readonly string[]
    readonly sources: Sources
    /** The request sent a refresh token, so the answer may omit it. */
    readonly isRenewal?: true
  },
): ReceivedTokens | null {
  const { recipe, providerData } = call
  const { accessToken, refreshToken } = tokens
  if (accessToken === null) return null
  const reported = tokens.scope ?? scopeOfCallback(recipe, about.sources.callback)
  const isOffline = refreshToken !== null || about.isRenewal === true
  const offlineScope = isOffline && recipe.offline !== undefined ? [recipe.offline.scope] : []
  const renewing = recipe.renewsWith === 'access_token' ? accessToken : refreshToken
  return {
    accessToken: new Secret(accessToken),
    tokenType: tokens.tokenType ?? 'Bearer',
    expiresInSeconds: tokens.expiresInSeconds,
    refreshToken: renewing === null ? null : new Secret(renewing),
    refreshTokenExpiresInSeconds: tokens.refreshTokenExpiresInSeconds,
    scope:
      reported === null
        ? null
        : grantedScopes(reported, about.requestedScope, {
            ...recipe.grantedScope,
            unreported: [...recipe.grantedScope.unreported, ...offlineScope],
          }),
    providerData: { ...providerData, ...keptValues(recipe, about.sources) },
  }
}

function scopeOfCallback(
  { grantedScope }: Recipe,
  callback: Sources['callback'],
): readonly string[] | null {
  const listed = callback.get(grantedScope.callbackParam ?? '')
  return listed === undefined ? null : listed.split(/[\s,]+/).filter((scope) => scope !== '')
}

/** Longer than any real id or host. Limits the size in the database. */
const LONGEST_KEPT = 2_048

export function keptValues(recipe: Recipe, sources: Sources): Record<string, unknown> {
  return sorted(
    recipe,
    Object.entries(recipe.keep).flatMap(([name, kept]) => {
      const value = keptValue(kept, sources)
      return isKeepable(value, kept) ? [[name, kept, value] as const] : []
    }),
  )
}

export function keptValue(kept: Kept, sources: Sources): unknown {
  switch (kept.from) {
    case 'tokens':
      return valueAt(sources.tokens, kept.path)
    case 'idToken':
      return valueAt(sources.idToken, kept.path)
    case 'callback':
      return sources.callback.get(kept.path)
    case 'probe':
      return valueAt(sources.probe, kept.path)
    case 'flow':
      return valueAt(sources.flow, kept.path)
    default:
      return kept.from satisfies never
  }
}

export function isKeepable(value: unknown, { pattern }: Kept): boolean {
  if (value == null || JSON.stringify(value).length > LONGEST_KEPT) return false
  if (pattern === undefined) return true
  return typeof value === 'string' && wholePattern(pattern)?.test(value) === true
}
