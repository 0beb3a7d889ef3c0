import type { ClientAuth, Format, Params } from './dialect.ts'
import { fill, type Values } from './fill.ts'
import type { Incoming } from './incoming.ts'
import { isClientJwt } from './client-jwt.ts'

export type Client = { readonly id: string; readonly secret: string }

/** The request that the vendor expects. Each difference becomes a complaint. */
export type Expected = {
  readonly url: string
  readonly method: string
  readonly formats: readonly Format[]
  readonly params: Params
  readonly tolerated: readonly string[]
  readonly headers: Params
  /** The exact Authorization header; null for none. */
  readonly authorization: string | null
}

/** The parameters and the header of client authentication (RFC 6749 §2.3.1). */
export function credentials(
  auth: ClientAuth,
  { id, secret }: Client,
): { readonly params: Params; readonly authorization: string | null } {
  switch (auth) {
    case 'basic':
      return { params: {}, authorization: basic(id, secret) }
    case 'secret-as-user':
      return { params: {}, authorization: basic(secret, '') }
    case 'post':
      return { params: { client_id: id, client_secret: secret }, authorization: null }
    case 'signed-jwt':
      return { params: { client_id: id, client_secret: '<jwt>' }, authorization: null }
    case 'none':
      return { params: { client_id: id }, authorization: null }
    default:
      return auth satisfies never
  }
}

/** The authentication method of this request, if the vendor accepts several. */
export function authOf(
  auth: ClientAuth | readonly ClientAuth[],
  { headers }: Pick<Incoming, 'headers'>,
): ClientAuth {
  if (typeof auth === 'string') return auth
  const isHeader = headers['authorization']?.startsWith('Basic ') ?? false
  return isHeader ? 'basic' : 'post'
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

export function complaintsAbout(
  incoming: Incoming,
  expected: Expected,
  values: Values,
): readonly string[] {
  return [
    ...(incoming.method === expected.method ? [] : [`method ${incoming.method}`]),
    ...checkFormat(incoming, expected),
    ...checkParams(paramsOf(incoming, expected), expected, values),
    ...checkHeaders(incoming.headers, expected, values),
  ]
}

/** Parameters of the body, or of the query if expected there, without those of the endpoint's URL. */
export function paramsOf(
  { query, body }: Incoming,
  { url, formats, method }: Pick<Expected, 'url' | 'formats' | 'method'>,
): URLSearchParams {
  const rest = new URLSearchParams(query)
  for (const [name, value] of new URL(url).searchParams) rest.delete(name, value)
  const inQuery = formats.includes('query') || method === 'GET'
  if (!inQuery && rest.size > 0) rest.forEach((_, name) => rest.append(`?${name}`, ''))
  return new URLSearchParams([...body, ...rest])
}

function checkFormat({ format, body }: Incoming, { formats, method }: Expected): readonly string[] {
  if (format === null) {
    const mayBeEmpty = method === 'GET' || formats.includes('query') || body.size === 0
    return mayBeEmpty ? [] : ['no body']
  }
  return formats.some((one) => one === format) ? [] : [`a body of ${format}`]
}

function checkParams(
  params: URLSearchParams,
  expected: Expected,
  values: Values,
): readonly string[] {
  const wanted = Object.entries(expected.params).filter(([, value]) => value !== null)
  const known = new Set([...wanted.map(([name]) => name), ...expected.tolerated])
  return [
    ...wanted.flatMap(([name, value]) => {
      const found = params.getAll(name)
      if (found.length !== 1) return [`${name} is there ${found.length} times`]
      return fits(found[0] ?? '', String(fill(value ?? '', values))) ? [] : [`${name}=${found[0]}`]
    }),
    ...[...params.keys()].filter((name) => !known.has(name)).map((name) => `${name} is not known`),
    ...[...params].filter(([, value]) => value === '').map(([name]) => `${name} is empty`),
  ]
}

/** Whether a value matches. A placeholder without a value matches any text. */
function fits(found: string, wanted: string): boolean {
  if (wanted === '<jwt>') return isClientJwt(found)
  return wanted === found || (found !== '' && (wanted === '*' || /^\{\w+\}$/.test(wanted)))
}

function checkHeaders(
  headers: Incoming['headers'],
  expected: Expected,
  values: Values,
): readonly string[] {
  const missing = Object.entries(expected.headers).flatMap(([name, value]) => {
    const found = headers[name.toLowerCase()]
    if (value === null) return found === undefined ? [] : [`header ${name}: ${found}`]
    const isFine = fits(found ?? '', String(fill(value, values)))
    return isFine ? [] : [`header ${name}: ${found}`]
  })
  const { authorization } = headers
  const isFine = (authorization ?? null) === expected.authorization
  return isFine ? missing : [...missing, `authorization: ${authorization}`]
}
