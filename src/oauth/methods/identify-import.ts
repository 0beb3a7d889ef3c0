import type { IdentifyOutcome, TokenEndpoint } from '../../ports/token-endpoint.ts'
import { type ProviderCall, prepareCall } from '../request/prepare-call.ts'
import { proves } from '../answer/callback-values.ts'
import { identifyByCall } from './identify.ts'
import { identifies, type ProviderData } from '../answer/unverified.ts'
import type { Means } from '../request/means.ts'

type Request = Parameters<TokenEndpoint['identify']>[0]

/**
 * Identifies the account of an imported grant. Stored values are part of the account's id only if
 * they belong to this access token. Verifies callback values with the token and omits imported
 * values of token answers.
 */
export async function identifyImport(means: Means, request: Request): Promise<IdentifyOutcome> {
  const prepared = await prepareCall(means, request)
  if (prepared.kind !== 'ok') return { kind: 'unavailable', detail: prepared.detail }
  const checked = await ownValues(means, prepared.call, request)
  if (checked.kind !== 'ok') return checked
  const call = { ...prepared.call, providerData: checked.providerData }
  return identifyByCall(means, call, request.accessToken)
}

async function ownValues(
  means: Means,
  call: ProviderCall,
  { providerData, accessToken, isImported }: Request,
): Promise<
  | { readonly kind: 'ok'; readonly providerData: ProviderData }
  | Extract<IdentifyOutcome, { kind: 'foreign' | 'unavailable' }>
> {
  const { recipe } = call
  const own = { ...providerData }
  for (const [name, { from }] of Object.entries(recipe.keep)) {
    if (!identifies(recipe, name) || !Object.hasOwn(own, name)) continue
    if (from === 'tokens' && isImported === true) delete own[name]
    if (from !== 'callback') continue
    const answer = await proves(means, call, { name, token: accessToken })
    if (answer === 'unavailable') return { kind: 'unavailable', detail: UNAVAILABLE }
    if (answer === 'no') return { kind: 'foreign' }
  }
  return { kind: 'ok', providerData: own }
}

const UNAVAILABLE = 'the provider cannot say now whether the token is of the stored account'
