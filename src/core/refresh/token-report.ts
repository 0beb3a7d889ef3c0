import {
  type AccessToken,
  type Failure,
  type Grant,
  type LiveConnection,
  type TokenReport,
  servable,
} from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import { spacingMs } from './refresh-policy.ts'

/** Whether a read would still return the token, or the credentials, with this id. */
export function wouldServe({ grant }: LiveConnection, tokenId: string): boolean {
  const served = servable(grant)
  return served?.tokenId === tokenId && served.report?.stands !== true
}

type Report = {
  readonly now: Instant
  /** Whether the provider can check the credentials, or issue another token. */
  readonly mayAsk: boolean
  /** Why no request may be sent to the provider now. Null if one may be sent. */
  readonly held: { readonly reason: Failure['reason']; readonly retryAt: Instant } | null
}

/**
 * The connection after a caller reported that the provider's API rejected its token. If Larder
 * cannot get another token, the connection becomes `disconnected`.
 */
export function afterReport(connection: LiveConnection, report: Report): LiveConnection {
  const { now, mayAsk, held } = report
  const grant = rejectedGrant(connection.grant, now)
  const reported = { ...connection, grant, updatedAt: now }
  if (reported.status === 'disconnected') return reported
  if (!mayAsk) {
    const reason = grant.kind === 'credentials' ? 'revoked' : 'no_refresh_token'
    const failure = { reason, detail: DETAIL[reason], since: now, attempts: 1 } as const
    return { ...reported, status: 'disconnected', failure, dueAt: null }
  }
  if (reported.status === 'failing') return reported
  if (held !== null) {
    const { reason, retryAt: dueAt } = held
    const failure = { reason, detail: DETAIL.held, since: now, attempts: 0 }
    return { ...reported, status: 'failing', failure, dueAt }
  }
  return { ...reported, dueAt: servable(grant)?.report?.refreshFrom ?? now }
}

const DETAIL = {
  no_refresh_token: "the provider's API refused the token, and there is no refresh token",
  revoked: "the provider's API refused the credentials",
  held: "the provider's API refused the token, and the provider is not asked for another one now",
}

function rejectedGrant(grant: Grant, now: Instant): Grant {
  const standing = ({ report }: { readonly report?: TokenReport }) => ({
    report: { stands: true, refreshFrom: Math.max(now, report?.refreshFrom ?? 0) },
  })
  if (grant.kind === 'credentials') {
    const { credentials } = grant
    return { ...grant, credentials: credentials && { ...credentials, ...standing(credentials) } }
  }
  const { token } = grant
  return { ...grant, token: token && { ...token, ...standing(token) } }
}

/**
 * Copies the report about the previous token to the new one. The provider may have sent the same
 * token again.
 */
export function succeeding(token: AccessToken, before: AccessToken | null): AccessToken {
  const report = before?.report
  if (report === undefined) return token
  const { issuedAt, tokenId } = token
  if (report.stands) {
    const stands = tokenId === before?.tokenId
    return { ...token, report: { stands, refreshFrom: issuedAt + spacingMs(token) } }
  }
  return report.refreshFrom > issuedAt ? { ...token, report } : token
}
