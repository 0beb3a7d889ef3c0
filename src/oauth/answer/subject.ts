import { isRecord } from '../../core/base/json-path.ts'
import type { ProviderCall } from '../request/prepare-call.ts'
import { type Claims, claimsIn, isForClient } from './id-token.ts'
import { expectedIssuer } from '../request/issuer.ts'

type ProviderData = Readonly<Record<string, unknown>>

/** The key of the id token's subject in `providerData`. */
const KEPT_AS = '$idToken'

type Subject = {
  /** Absent if the subject comes from userinfo only. */
  readonly iss?: string
  readonly sub: string
  /**
   * Set if the last answer named another subject. Larder uses no token until an id token names this
   * subject again.
   */
  readonly isDisputed?: true
}

/** The claims of an id token to store. */
export function keptSubject({ iss, sub }: Claims): ProviderData {
  return typeof iss === 'string' && typeof sub === 'string' ? { [KEPT_AS]: { iss, sub } } : {}
}

function subjectOf(providerData: ProviderData): Subject | null {
  const kept = providerData[KEPT_AS]
  return isRecord(kept) ? (kept as Subject) : null
}

/**
 * Whether userinfo may be used (OpenID Connect Core §5.3.2). Userinfo must name a subject. If an id
 * token was received, both subjects must be equal. A request to `probe.url` is not OpenID userinfo.
 */
export function checkUserinfo(
  call: ProviderCall,
  body: unknown,
):
  | { readonly kind: 'ok'; readonly providerData: ProviderData }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'foreign' } {
  const { probe } = call.recipe
  if (!call.isOpenId || probe.url !== undefined) return { kind: 'ok', providerData: {} }
  const sub = isRecord(body) ? body['sub'] : null
  if (typeof sub !== 'string' || sub === '') return { kind: 'unknown' }
  const known = subjectOf(call.providerData)
  if (known === null) return { kind: 'ok', providerData: { [KEPT_AS]: { sub } } }
  return known.sub === sub ? { kind: 'ok', providerData: {} } : { kind: 'foreign' }
}

/**
 * Whether the id token of a refresh has the same user, issuer and client as the first id token
 * (OpenID Connect Core §12.2), and what to store from it. TLS authenticates the id token
 * (§3.1.3.7). An unreadable id token is ignored.
 */
export function checkRefreshed(
  call: ProviderCall,
  idToken: string | null,
): { readonly isSame: boolean; readonly providerData: ProviderData } {
  const { recipe, variables, server, client, providerData } = call
  if (!call.isOpenId) return { isSame: true, providerData: {} }
  const known = subjectOf(providerData)
  const claims = idToken === null ? {} : claimsIn(idToken)
  if (Object.keys(claims).length === 0) {
    return { isSame: known?.isDisputed !== true, providerData: {} }
  }
  const issuer = known?.iss ?? expectedIssuer(recipe, variables, { known: server.issuer, claims })
  const isSame =
    claims['iss'] === issuer &&
    typeof claims['sub'] === 'string' &&
    claims['sub'] === (known?.sub ?? claims['sub']) &&
    isForClient(claims, client.id)
  if (isSame) return { isSame, providerData: keptSubject(claims) }
  const disputed = known === null ? {} : { [KEPT_AS]: { ...known, isDisputed: true } }
  return { isSame, providerData: disputed }
}
