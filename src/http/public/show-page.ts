import type { Context } from 'koa'
import type { Ports } from '../../ports/ports.ts'
import type { OpenedLink } from '../../vault/connect/open-link.ts'
import { connectPage } from './pages/connect-page.ts'
import { sendPage } from './send-page.ts'
import type { PublicPorts, PublicSite } from './site.ts'

/** What the connect page shows to one browser. */
export type ShownPage = {
  readonly site: PublicSite
  readonly secret: string
  readonly opened: OpenedLink
  readonly browserId: string
  /** Why the submitted form was not accepted. */
  readonly complaint?: string
  readonly status?: number
  /** The user name that the user entered. */
  readonly username?: string
}

export function showPage(ctx: Context, ports: PublicPorts, shown: ShownPage): void {
  const { site, secret, complaint = null, username = null } = shown
  const token = formToken(ports, shown.browserId, secret)
  const form = { action: connectPath(site, secret), token, complaint, username }
  const page = connectPage(site, shown.opened, { form, now: ports.clock.now() })
  sendPage(ctx, page, shown.status ?? (complaint === null ? 200 : 400))
}

export function connectPath(site: PublicSite, secret: string): string {
  return `${site.base}/connect/${encodeURIComponent(secret)}`
}

/**
 * A token that proves that this browser received the form of this link. The token is derived from
 * the vault key. So the token is valid after a restart and on every replica, and a GET stores
 * nothing.
 */
export function formToken(ports: Pick<Ports, 'sealer'>, browserId: string, secret: string): string {
  return ports.sealer.fingerprint('connect-form/v1', `${browserId}.${secret}`)
}
