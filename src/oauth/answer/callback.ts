import * as oauth from 'oauth4webapi'
import type { Account } from '../../core/connection/connection.ts'
import { parseJson } from '../../core/base/json.ts'
import { textAt } from '../../core/base/json-path.ts'
import type { ExchangeRequest } from '../../ports/token-endpoint.ts'
import type { ProviderCall } from '../request/prepare-call.ts'
import { isFromIssuer } from '../request/issuer.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import type { Kept } from '../recipe/preset-fields.ts'
import { isKeepable, keptValue, NO_SOURCES } from './received-tokens.ts'
import { fillText } from '../request/template.ts'
import { sorted } from './unverified.ts'
import { isAuthentic } from '../request/authorization-url.ts'

export type CheckedCallback =
  | { readonly kind: 'ok'; readonly parameters: URLSearchParams }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'untrusted'; readonly detail: string }

/**
 * The values of a callback and its flow that later requests need. Null if a value does not match
 * the preset's pattern, because such a value could select the host that receives the code.
 */
export function keptFromCallback(
  recipe: Recipe | undefined,
  { callback, redirectUri }: Pick<ExchangeRequest, 'callback' | 'redirectUri'>,
): Readonly<Record<string, unknown>> | null {
  if (recipe === undefined) return {}
  const kept: (readonly [string, Kept, unknown])[] = []
  for (const [name, rule] of Object.entries(recipe.keep)) {
    if (rule.from !== 'callback' && rule.from !== 'flow') continue
    const value = keptValue(rule, { ...NO_SOURCES, callback, flow: { redirectUri } })
    if (value === undefined) continue
    if (!isKeepable(value, rule)) return null
    kept.push([name, rule, value])
  }
  return sorted(recipe, kept)
}

const LONGEST_ACCOUNT_NAME = 256

/**
 * Reads the account's name from the callback. The name is null if the preset does not say which
 * parameter contains it.
 */
export function accountInCallback(
  { accountFromCallback }: Recipe,
  callback: ReadonlyMap<string, string>,
): Account {
  const document = Object.fromEntries([...callback].map(([name, text]) => [name, valueOf(text)]))
  const name = accountFromCallback === undefined ? null : textAt(document, accountFromCallback.name)
  const isPlain = name !== null && name.length <= LONGEST_ACCOUNT_NAME && !/\p{Cc}/u.test(name)
  return { id: null, email: null, name: isPlain ? name : null }
}

/** Parses a parameter that contains JSON, as Apple sends. */
function valueOf(text: string): unknown {
  if (!text.startsWith('{')) return text
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

/** Checks a callback (RFC 6749 §4.1.2, RFC 9207). The caller has already checked the state. */
export function checkCallback(
  call: ProviderCall,
  callback: ReadonlyMap<string, string>,
): CheckedCallback {
  const { server, client } = call
  if (!isAuthentic(call, callback) || !isAsItMust(call, callback)) {
    return { kind: 'untrusted', detail: 'the callback is not authentic' }
  }
  try {
    const about = { client_id: client.id }
    const parameters = oauth.validateAuthResponse(
      server,
      about,
      parametersOf(call, callback),
      oauth.skipStateCheck,
    )
    if (parameters.get('code')) return { kind: 'ok', parameters }
    return { kind: 'untrusted', detail: 'the callback carries no code' }
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) {
      return { kind: 'refused', error: codeOf(error.error) }
    }
    return { kind: 'untrusted', detail: 'the callback comes from another issuer or is malformed' }
  }
}

/** Whether callback parameters, such as the shop, equal the values of the authorization request. */
function isAsItMust(
  { recipe, variables }: ProviderCall,
  callback: ReadonlyMap<string, string>,
): boolean {
  return Object.entries(recipe.callbackMustEqual).every(([name, template]) => {
    const wanted = template === null ? null : fillText(template, variables)
    return template === null || (wanted !== null && callback.get(name) === wanted)
  })
}

function parametersOf(call: ProviderCall, callback: ReadonlyMap<string, string>): URLSearchParams {
  const { recipe, server, variables } = call
  const parameters = new URLSearchParams([...callback])
  const iss = parameters.get('iss')
  // If no issuer is configured, `iss` cannot be compared.
  if (recipe.issuer === undefined) parameters.delete('iss')
  else if (iss !== null && isFromIssuer(recipe, variables, { known: server.issuer, iss })) {
    parameters.set('iss', server.issuer)
  }
  const code = parameters.get('code')
  const suffix = recipe.codeSuffixes.find((end) => code?.endsWith(end))
  if (code !== null && suffix !== undefined) parameters.set('code', code.slice(0, -suffix.length))
  return parameters
}

/** Accepts only a short code, because anyone can write the callback URL. */
function codeOf(error: string): string {
  return /^[A-Za-z0-9_.:-]{1,64}$/.test(error) ? error : 'unknown_error'
}
