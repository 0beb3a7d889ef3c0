import { isRecord } from '../../core/base/json-path.ts'
import type { ProviderCall } from '../request/prepare-call.ts'
import { type Claims, claimsIn, isForClient } from './id-token.ts'
import { expectedIssuer } from '../request/issuer.ts'

type ProviderData = Readonly<Record<string, unknown>>

/** The name under which the provider's data holds the subject of a connection's id tokens. */
const KEPT_AS = '$idToken'

type Subject = {
  /** Absent if only userinfo named the subject. */
  readonly iss?: string
  readonly sub: string
  /** The last answer named another subject: no token is used until an id token names this one. */
  readonly isDisputed?: true
}

/** The claims of an id token that are kept. */
export function keptSubject({ iss, sub }: Claims): ProviderData {
  return typeof iss === 'string' && typeof sub === 'string' ? { [KEPT_AS]: { iss, sub } } : {}
}

function subjectOf(providerData: ProviderData): Subject | null {
  const kept = providerData[KEPT_AS]
  return isRecord(kept) ? (kept as Subject) : null
}

/**
 * Whether userinfo may be used (OpenID Connect Core §5.3.2): it must name a subject, and the same
 * as the id token if there was one. An address in `probe.url` is not userinfo of OpenID.
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
 * Whether the id token of a refresh is for the user, issuer and client of the first one (OpenID
 * Connect Core §12.2), and what to keep of it. TLS authenticates it (§3.1.3.7). An unreadable one
 * counts as none.
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
