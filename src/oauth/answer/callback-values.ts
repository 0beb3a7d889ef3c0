import type { ReceivedTokens } from '../../core/refresh/refresh-outcome.ts'
import { type ProviderCall, prepareCall } from '../request/prepare-call.ts'
import type { ProviderRefusal } from './refusal.ts'
import { PROBE, sendSideRequest } from '../request/send-request.ts'
import {
  identifies,
  proofTemplates,
  type ProviderData,
  unverifiedIn,
  withoutUnverified,
} from './unverified.ts'
import type { ProviderCallRequest, Means } from '../request/means.ts'

type Checked =
  | { readonly kind: 'ok'; readonly providerData: ProviderData }
  | ProviderRefusal<'untrusted' | 'unavailable'>

/**
 * Verifies the values of a callback with the new token, because the user can edit a callback. A
 * value that does not belong to the token stays marked as unverified. If the account's id contains
 * such a value, the flow fails.
 */
export async function verifyCallback(
  means: Means,
  request: Omit<ProviderCallRequest, 'providerData'>,
  tokens: Pick<ReceivedTokens, 'accessToken' | 'providerData'>,
): Promise<Checked> {
  const { providerData } = tokens
  const unverified = Object.entries(unverifiedIn(providerData))
  if (unverified.length === 0) return { kind: 'ok', providerData }
  const prepared = await prepareCall(means, { ...request, providerData })
  if (prepared.kind !== 'ok') return { kind: 'unavailable', detail: prepared.detail }
  const { call } = prepared
  const proven: Record<string, unknown> = {}
  const left: Record<string, unknown> = {}
  for (const [name, value] of unverified) {
    const answer = await proves(means, call, { name, token: tokens.accessToken })
    if (answer === 'unavailable') return { kind: 'unavailable', detail: UNAVAILABLE }
    if (answer === 'no' && identifies(call.recipe, name)) {
      return { kind: 'untrusted', detail: 'the token is not for what the callback names' }
    }
    if (answer === 'yes') proven[name] = value
    else left[name] = value
  }
  const marked = Object.keys(left).length === 0 ? {} : { unverified: left }
  return { kind: 'ok', providerData: { ...withoutUnverified(providerData), ...proven, ...marked } }
}

const UNAVAILABLE = 'the provider cannot say now whether the callback is right'

/**
 * Sends the preset's `verifiedBy` request with the token, to check that a stored callback value
 * belongs to the token.
 */
export async function proves(
  means: Means,
  call: ProviderCall,
  { name, token }: { readonly name: string; readonly token: ReceivedTokens['accessToken'] },
): Promise<'yes' | 'no' | 'unavailable'> {
  const verifiedBy = proofTemplates(call.recipe)[name]
  const target = verifiedBy === undefined ? null : call.targetOf(verifiedBy.url)
  if (verifiedBy === undefined || target === null) return 'no'
  const shape = { headers: verifiedBy.headers }
  const side = { shape, defaults: PROBE, target, token, secret: null }
  const { result } = await sendSideRequest(means, call, side)
  if (result.kind !== 'answered') return 'unavailable'
  const { status } = result
  if (status >= 500 || status === 408 || status === 429) return 'unavailable'
  return status >= 200 && status < 300 ? 'yes' : 'no'
}
