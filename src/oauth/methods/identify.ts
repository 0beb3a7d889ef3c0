import type { Account } from '../../core/connection/connection.ts'
import { plainNumber } from '../../core/base/json.ts'
import {
  isRecord,
  type JsonPath,
  type TextSource,
  textAt,
  valueAt,
} from '../../core/base/json-path.ts'
import { matchesRule } from '../../core/refresh/classify-answer.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { IdentifyOutcome, TokenEndpoint } from '../../ports/token-endpoint.ts'
import { type ProviderCall, prepareCall } from '../request/prepare-call.ts'
import { readBody } from '../answer/json-body.ts'
import { NOT_SENT } from '../answer/read-answer.ts'
import { keptValues, NO_SOURCES } from '../answer/received-tokens.ts'
import { PROBE, sendSideRequest } from '../request/send-request.ts'
import type { SentRequest } from '../egress/sent-request.ts'
import type { AccountSources } from '../recipe/account-shapes.ts'
import { checkUserinfo } from '../answer/subject.ts'
import { withoutUnverified } from '../answer/unverified.ts'
import type { Means } from '../request/means.ts'

type Request = Parameters<TokenEndpoint['identify']>[0] & { readonly until?: number }

/** Identifies the account of a token with userinfo or the preset's probe. */
export async function identify(means: Means, request: Request): Promise<IdentifyOutcome> {
  const prepared = await prepareCall(means, request)
  if (prepared.kind !== 'ok') return { kind: 'unavailable', detail: prepared.detail }
  return identifyByCall(means, prepared.call, request.accessToken)
}

/** The same with a prepared call. */
export async function identifyByCall(
  means: Means,
  call: ProviderCall,
  accessToken: Secret,
): Promise<IdentifyOutcome> {
  const target = call.endpoints.userinfo
  if (target === null) return { kind: 'unknown' }
  const { recipe, client } = call
  const sent = await sendSideRequest(means, call, {
    shape: recipe.probe,
    defaults: PROBE,
    target,
    token: accessToken,
    secret: client.secrets[0] ?? null,
  })
  const answer = readSide(sent)
  if (answer.kind !== 'ok') return answer
  const { success } = recipe.probe
  if (success !== undefined && !matchesRule(success, answer)) return { kind: 'unknown' }
  const userinfo = checkUserinfo(call, answer.body)
  if (userinfo.kind !== 'ok') return userinfo
  const named = accountIn(withKept(answer.body, call), recipe.account)
  const account = named.emailVerified ? named : await withEmail(means, call, { named, accessToken })
  if (account.id === null && account.email === null) return { kind: 'unknown' }
  const kept = keptValues(recipe, { ...NO_SOURCES, probe: answer.body })
  const providerData = { ...kept, ...userinfo.providerData }
  return { kind: 'ok', account, providerData }
}

/** Reads the account from a document: claims, a token answer or a probe answer. */
export function accountIn(
  document: unknown,
  sources: Partial<AccountSources> | undefined,
): Account {
  const at = (source: TextSource | undefined) =>
    source === undefined ? null : textAt(document, source)
  const email = at(sources?.email)
  const isVerified = email !== null && saysVerified(document, sources?.emailVerified)
  return {
    id: at(sources?.id),
    email,
    ...(isVerified && { emailVerified: true }),
    name: at(sources?.name),
  }
}

/**
 * Providers send `email_verified` as a boolean, text or a number. Any other value means "not
 * verified".
 */
function saysVerified(document: unknown, source: JsonPath | boolean = 'email_verified') {
  if (typeof source === 'boolean') return source
  const said = plainNumber(valueAt(document, source))
  return said === true || said === 1 || (typeof said === 'string' && /^(true|1)$/i.test(said))
}

/** Adds the stored values and the template variables to the answer, as `$kept` and `$params`. */
function withKept(body: unknown, call: ProviderCall): unknown {
  return isRecord(body)
    ? { ...body, $kept: withoutUnverified(call.providerData), $params: call.variables }
    : body
}

/**
 * Adds the e-mail of a second request if the first answer had none, or if only the second e-mail is
 * verified.
 */
async function withEmail(
  means: Means,
  call: ProviderCall,
  { named, accessToken }: { readonly named: Account; readonly accessToken: Secret },
): Promise<Account> {
  const asked = await askEmail(means, call, accessToken)
  if (asked === null || (named.email !== null && !asked.emailVerified)) return named
  return { ...named, ...asked }
}

type Email = Pick<Account, 'email' | 'emailVerified'>

/** Returns null if the request fails: only the e-mail is then missing. */
async function askEmail(
  means: Means,
  call: ProviderCall,
  accessToken: Secret,
): Promise<Email | null> {
  const { emailRequest } = call.recipe
  const target = emailRequest === undefined ? null : call.targetOf(emailRequest.url)
  if (emailRequest === undefined || target === null) return null
  const sent = await sendSideRequest(means, call, {
    shape: { headers: emailRequest.headers },
    defaults: PROBE,
    target,
    token: accessToken,
    secret: null,
  })
  const answer = readSide(sent)
  if (answer.kind !== 'ok') return null
  const { email, emailVerified } = accountIn(answer.body, emailRequest)
  return email === null ? null : { email, ...(emailVerified && { emailVerified }) }
}

type SideAnswer =
  | { readonly kind: 'ok'; readonly status: number; readonly body: unknown }
  | Exclude<IdentifyOutcome, { kind: 'ok' | 'foreign' }>

/** If the provider refuses the request, a retry does not help: the account stays unknown. */
function readSide({ result }: SentRequest): SideAnswer {
  if (result.kind === 'not_sent') return { kind: 'unavailable', detail: NOT_SENT[result.reason] }
  if (result.kind === 'lost' || !result.complete) {
    return { kind: 'unavailable', detail: 'the provider did not answer who the account is' }
  }
  const { status } = result
  if (status >= 500 || status === 408 || status === 429) {
    return { kind: 'unavailable', detail: 'the provider cannot say now who the account is' }
  }
  if (status >= 300) return { kind: 'unknown' }
  const { value } = readBody(result.body, '', 'json')
  return value === undefined ? { kind: 'unknown' } : { kind: 'ok', status, body: value }
}
