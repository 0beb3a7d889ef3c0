import { type Caller, reachesProvider } from '../../core/base/access.ts'
import { type FieldError, VaultError } from '../../core/base/errors.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import { checkParams } from '../../core/connection/params.ts'
import { NOT_CONFIGURED, type Provider } from '../../core/connection/provider.ts'
import { clashingParams, isAllowedRedirect, NOT_ALLOWED } from '../../core/connect/redirect-url.ts'
import type { Ports } from '../../ports/ports.ts'
import type { HeadlessRequest, LinkRequest } from './connect-requests.ts'

type Needs = Pick<Ports, 'providers' | 'policy'>
type LinkWishes = Omit<LinkRequest, 'connectionId'>

/*
 * What is wrong with a demand by the settings. Fields that are absent are not judged: the others are
 * told beside those whose form is wrong already.
 */

export function linkProblems(
  ports: Needs,
  caller: Caller,
  demand: Partial<LinkWishes>,
): readonly FieldError[] {
  const ids = demand.providers ?? []
  const name = (index: number) => (ids.length === 1 ? 'provider' : `providers.${index}`)
  const found = ids.map((id) => reachedProvider(ports, caller, id))
  const unknown = found.flatMap((one, index) => (one === null ? [notConfigured(name(index))] : []))
  const known = found.filter((one) => one !== null)
  return [
    ...unknown,
    ...redirectProblems(ports, demand).map((detail) => bad('redirectUrl', detail)),
    ...(demand.confirm === 'page' && ports.policy.confirm === 'app'
      ? [bad('confirm', 'must be app: the configuration demands it')]
      : []),
    ...known.flatMap((one) => [...checkUser(one), ...checkParamsOf(one, demand, ids.length)]),
  ]
}

export function headlessProblems(
  ports: Needs,
  caller: Caller,
  { provider: id, callbackUrl, params }: Partial<HeadlessRequest>,
): readonly FieldError[] {
  const provider = id === undefined ? null : reachedProvider(ports, caller, id)
  const errors = provider === null || params === undefined ? [] : [...checkParams(provider, params)]
  if (id !== undefined && provider === null) errors.push(notConfigured('provider'))
  if (provider !== null && provider.connectsBy !== 'link') {
    const detail = `connects by ${provider.connectsBy}, not by a consent at the provider`
    errors.push(bad('provider', detail))
  }
  if (callbackUrl !== undefined && !isAllowedRedirect(callbackUrl, ports.policy.redirectUrls)) {
    errors.push(bad('callbackUrl', NOT_ALLOWED))
  }
  return errors
}

/** Of an import; what it brings is judged when all of it can be read. */
export function importProblems(
  ports: Pick<Needs, 'providers'>,
  caller: Caller,
  given: { readonly provider?: ProviderId; readonly params?: Readonly<Record<string, string>> },
): readonly FieldError[] {
  if (given.provider === undefined) return []
  const provider = reachedProvider(ports, caller, given.provider)
  if (provider === null) return [notConfigured('provider')]
  return given.params === undefined ? [] : checkParams(provider, given.params)
}

/** A provider outside the caller's reach is told like one that does not exist. */
export function reachedProvider(
  { providers }: Pick<Ports, 'providers'>,
  caller: Caller,
  id: ProviderId,
): Provider | null {
  return (reachesProvider(caller, id) ? providers.get(id) : undefined) ?? null
}

/** In a body an unknown provider is a bad value; in a path it is a missing thing. */
export function unknownProvider(): VaultError {
  return new VaultError('invalid_request', 'no such provider', {
    errors: [notConfigured('provider')],
  })
}

function notConfigured(name: string): FieldError {
  return bad(name, NOT_CONFIGURED)
}

function bad(name: string, detail: string): FieldError {
  return { in: 'body', name, detail }
}

function redirectProblems(
  { policy }: Needs,
  { redirectUrl, state, confirm }: Partial<LinkWishes>,
): readonly string[] {
  if (redirectUrl === undefined) return []
  if (redirectUrl === null) {
    const isNeeded = confirm !== undefined && (confirm ?? policy.confirm) === 'app'
    return isNeeded ? [CONFIRM_NEEDS_REDIRECT] : []
  }
  if (!isAllowedRedirect(redirectUrl, policy.redirectUrls)) return [NOT_ALLOWED]
  return clashingParams(redirectUrl, state ?? null).map(
    (name) => `has the query parameter ${name}, which Larder adds itself: use another name`,
  )
}

const CONFIRM_NEEDS_REDIRECT =
  'is required where the app confirms: it is the way by which the app gets the completion'

/** Where there is no user to send, there is nobody to open a link. */
function checkUser({ connectsBy }: Provider): readonly FieldError[] {
  const detail = 'connects without a user: POST /v1/connections does it'
  return connectsBy === 'machine' ? [bad('provider', detail)] : []
}

/** With a choice of providers a parameter has to suit the one that declares it. */
function checkParamsOf(
  provider: Provider,
  { params }: Partial<LinkWishes>,
  choices: number,
): readonly FieldError[] {
  if (params === undefined) return []
  const own = Object.fromEntries(Object.entries(params).filter(([name]) => name in provider.params))
  return checkParams(provider, choices === 1 ? params : own)
}
