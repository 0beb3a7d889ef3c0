import type { Context } from 'koa'
import type { Ports } from '../../ports/ports.ts'
import type { OpenedLink } from '../../vault/connect/open-link.ts'
import { connectPage } from './pages/connect-page.ts'
import { sendPage } from './send-page.ts'
import type { PublicPorts, PublicSite } from './site.ts'

/** The connect page as one browser is shown it. */
export type ShownPage = {
  readonly site: PublicSite
  readonly secret: string
  readonly opened: OpenedLink
  readonly browserId: string
  /** What came of the form when it was sent. */
  readonly complaint?: string
  readonly status?: number
  /** What the user had entered, but for a password. */
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
 * Proves that the form came from a page that this browser was shown for this link. Made from the
 * vault's key, so it holds across restarts and replicas, and nothing is stored for a GET.
 */
export function formToken(ports: Pick<Ports, 'sealer'>, browserId: string, secret: string): string {
  return ports.sealer.fingerprint('connect-form/v1', `${browserId}.${secret}`)
}
