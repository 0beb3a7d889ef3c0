import type { Recipe } from '../recipe/preset-schema.ts'
import type { TokenRequest } from '../recipe/preset-fields.ts'
import { fillAll, type Variables } from './template.ts'

/** A request as oauth4webapi builds it, before the preset changes it. */
export type PlainRequest = {
  readonly url: URL
  readonly params: URLSearchParams
  readonly headers: Headers
}

export type SpokenRequest = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

type Format = 'form' | 'json' | 'query'

const CONTENT_TYPE = {
  form: 'application/x-www-form-urlencoded',
  json: 'application/json',
}

/** Changes a token request as the preset requires: parameter names, grant type, format, headers. */
export function speakTokenRequest(
  plain: PlainRequest,
  recipe: Recipe,
  own: TokenRequest,
  variables: Variables,
): SpokenRequest {
  const params = new URLSearchParams(plain.params)
  const headers = new Headers(plain.headers)
  headers.delete('user-agent')
  const more = fillAll({ ...recipe.tokenRequestHeaders, ...own.headers }, variables)
  for (const [name, value] of Object.entries(more)) headers.set(name, value)
  if (own.grantType !== undefined) replace(params, 'grant_type', own.grantType)
  if (own.tokenIn === 'bearer') {
    headers.set('authorization', `Bearer ${params.get('refresh_token') ?? ''}`)
    params.delete('refresh_token')
  }
  addMissing(params, fillAll(own.params ?? {}, variables))
  const named = rename(params, { ...recipe.rename, ...own.rename })
  const format = own.format ?? recipe.tokenRequestFormat
  return put({ url: plain.url, params: named, headers }, { format, method: own.method ?? 'POST' })
}

/** Puts the parameters into the body or the query and adds the common headers. */
export function put(
  { url, params, headers }: PlainRequest,
  as: { readonly format: Format; readonly method: string },
): SpokenRequest {
  const common = new Headers({
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'larder',
  })
  for (const [name, value] of headers) common.set(name, value)
  if (as.format === 'query' || as.method === 'GET') {
    const target = new URL(url)
    for (const [name, value] of params) target.searchParams.append(name, value)
    common.delete('content-type')
    return { method: as.method, url: target, headers: Object.fromEntries(common), body: null }
  }
  common.set('content-type', CONTENT_TYPE[as.format])
  const body = as.format === 'json' ? JSON.stringify(Object.fromEntries(params)) : params.toString()
  return { method: as.method, url, headers: Object.fromEntries(common), body }
}

/** Adds parameters of a preset. They never replace protocol parameters. */
export function addMissing(params: URLSearchParams, more: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(more)) {
    if (!params.has(name)) params.set(name, value)
  }
}

export function rename(
  params: URLSearchParams,
  names: Readonly<Record<string, string | null>>,
): URLSearchParams {
  const renamed = new URLSearchParams()
  for (const [name, value] of params) {
    const as = Object.hasOwn(names, name) ? names[name] : name
    if (as != null) renamed.append(as, value)
  }
  return renamed
}

function replace(params: URLSearchParams, name: string, value: string | null): void {
  if (value === null) params.delete(name)
  else params.set(name, value)
}
