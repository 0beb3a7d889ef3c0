import { type Caller, reachesProvider } from '../../core/base/access.ts'
import { type FieldError, VaultError } from '../../core/base/errors.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { ConfirmBy, ConnectRequest } from '../../core/connect/flow.ts'
import { checkParams } from '../../core/connection/params.ts'
import { NOT_CONFIGURED, type Provider } from '../../core/connection/provider.ts'
import { clashingParams, isAllowedRedirect, NOT_ALLOWED } from '../../core/connect/redirect-url.ts'
import type { Ports } from '../../ports/ports.ts'

export type ApiFlowRequest = Pick<
  ConnectRequest,
  'userId' | 'email' | 'state' | 'scope' | 'params'
> & { readonly provider: ProviderId; readonly callbackUrl: string }

export type LinkRequest = ConnectRequest & {
  /** At least one. */
  readonly providers: readonly ProviderId[]
  readonly redirectUrl: string | null
  readonly ttlSeconds: number
  /** Null: use the value from the settings. */
  readonly confirm: ConfirmBy | null
}

type Needs = Pick<Ports, 'providers' | 'policy'>
type GivenLink = Partial<Omit<LinkRequest, 'connectionId'>>

/*
 * These functions check a request against the settings. They ignore absent fields, so that their
 * errors can be reported together with those of malformed fields.
 */

export function linkProblems(
  ports: Needs,
  caller: Caller,
  given: GivenLink,
): readonly FieldError[] {
  const ids = given.providers ?? []
  const name = (index: number) => (ids.length === 1 ? 'provider' : `providers.${index}`)
  const found = ids.map((id) => reachedProvider(ports, caller, id))
  const unknown = found.flatMap((one, index) => (one === null ? [notConfigured(name(index))] : []))
  const known = found.filter((one) => one !== null)
  return [
    ...unknown,
    ...redirectProblems(ports, given).map((detail) => bad('redirectUrl', detail)),
    ...(given.confirm === 'page' && ports.policy.confirm === 'app'
      ? [bad('confirm', 'must be app: the configuration requires it')]
      : []),
    ...known.flatMap((one) => [...checkUser(one), ...checkParamsOf(one, given, ids.length)]),
  ]
}

export function apiFlowProblems(
  ports: Needs,
  caller: Caller,
  given: Partial<ApiFlowRequest>,
): readonly FieldError[] {
  const { provider: id, callbackUrl } = given
  const errors = [...importProblems(ports, caller, given)]
  const connectsBy = id && reachedProvider(ports, caller, id)?.connectsBy
  if (connectsBy && connectsBy !== 'link') {
    errors.push(bad('provider', `connects by ${connectsBy}, not by a consent at the provider`))
  }
  if (callbackUrl !== undefined && !isAllowedRedirect(callbackUrl, ports.policy.redirectUrls)) {
    errors.push(bad('callbackUrl', NOT_ALLOWED))
  }
  return errors
}

/**
 * Checks only provider and parameters. The credentials are checked after the whole body is parsed.
 */
export function importProblems(
  ports: Pick<Needs, 'providers'>,
  caller: Caller,
  { provider: id, params }: Partial<Pick<ApiFlowRequest, 'provider' | 'params'>>,
): readonly FieldError[] {
  if (id === undefined) return []
  const provider = reachedProvider(ports, caller, id)
  if (provider === null) return [notConfigured('provider')]
  return params === undefined ? [] : checkParams(provider, params)
}

/**
 * Null for an unknown provider and for one that the caller may not use, so that a caller cannot
 * tell them apart.
 */
export function reachedProvider(
  { providers }: Pick<Ports, 'providers'>,
  caller: Caller,
  id: ProviderId,
): Provider | null {
  return (reachesProvider(caller, id) ? providers.get(id) : undefined) ?? null
}

/** An unknown provider in a body is an invalid value. In a path, it is a missing resource. */
export function requireReached(
  ports: Pick<Ports, 'providers'>,
  caller: Caller,
  id: ProviderId,
): Provider {
  const provider = reachedProvider(ports, caller, id)
  if (provider !== null) return provider
  const errors = [notConfigured('provider')]
  throw new VaultError('invalid_request', 'no such provider', { errors })
}

function notConfigured(name: string): FieldError {
  return bad(name, NOT_CONFIGURED)
}

function bad(name: string, detail: string): FieldError {
  return { in: 'body', name, detail }
}

function redirectProblems(
  { policy }: Needs,
  { redirectUrl, state, confirm }: GivenLink,
): readonly string[] {
  if (redirectUrl === undefined) return []
  if (redirectUrl === null) {
    const isNeeded = confirm !== undefined && (confirm ?? policy.confirm) === 'app'
    return isNeeded ? ['is required if the app confirms: it receives the completion'] : []
  }
  if (!isAllowedRedirect(redirectUrl, policy.redirectUrls)) return [NOT_ALLOWED]
  return clashingParams(redirectUrl, state ?? null).map(
    (name) => `has the query parameter ${name}, which Larder adds itself: use another name`,
  )
}

/** Rejects machine connections, because a link needs a user. */
function checkUser({ connectsBy }: Provider): readonly FieldError[] {
  const detail = 'connects without a user: POST /v1/connections does it'
  return connectsBy === 'machine' ? [bad('provider', detail)] : []
}

/** If the link offers several providers, each checks only the parameters that it declares. */
function checkParamsOf(
  provider: Provider,
  { params }: GivenLink,
  choices: number,
): readonly FieldError[] {
  if (params === undefined) return []
  const own = Object.fromEntries(Object.entries(params).filter(([name]) => name in provider.params))
  return checkParams(provider, choices === 1 ? params : own)
}
