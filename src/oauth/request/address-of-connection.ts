import { errorCode } from '../../core/refresh/classify-answer.ts'
import { isRecord } from '../../core/base/json-path.ts'
import type { Reading } from '../answer/read-answer.ts'
import { variablesOf } from './template.ts'
import type { ConfiguredProvider } from '../recipe/configured-provider.ts'
import type { ProviderCallRequest, Means } from './means.ts'

type Request = Pick<ProviderCallRequest, 'provider' | 'params' | 'providerData'>

/** Marks a `client_config` outcome that affects only this connection. */
export type OwnAddress = { readonly isOwn?: true }

/**
 * Whether parameters of the connection (a shop, a tenant, a region) determine the URL. This URL may
 * be gone while the URLs of other connections work.
 */
export function ownAddress({ configured }: Means, request: Request): OwnAddress {
  const provider = configured.get(request.provider)
  return provider !== undefined && hasOwnAddress(provider, request) ? { isOwn: true } : {}
}

/**
 * Whether an answer indicates a wrong URL, not a wrong secret. A wrong secret would affect all
 * connections.
 */
export function isOfAddress({ status, body }: Pick<Reading, 'status' | 'body'>): boolean {
  if (status === null) return false
  const isElsewhere = (status >= 300 && status < 400) || status === 404 || status === 405
  return isElsewhere || errorCode(isRecord(body) ? body : null) === 'unauthorized_client'
}

function hasOwnAddress({ recipe, params }: ConfiguredProvider, request: Request): boolean {
  const { issuer, tokenEndpoint, refreshEndpoint, userinfoEndpoint } = recipe
  const asked =
    recipe.connectsBy === 'credentials'
      ? [recipe.probe.url ?? userinfoEndpoint]
      : [issuer, tokenEndpoint, refreshEndpoint]
  const kept = Object.values(recipe.keep).map((keep) => keep.default)
  const names = [...asked, ...kept].flatMap((template) => variablesOf(template ?? ''))
  return names.some((name) => {
    if (Object.hasOwn(recipe.keep, name)) return Object.hasOwn(request.providerData, name)
    if (!Object.hasOwn(request.params, name)) return false
    return request.params[name] !== (params[name] ?? recipe.params[name]?.default)
  })
}
