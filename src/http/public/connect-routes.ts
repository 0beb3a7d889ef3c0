import type { RouterContext } from '@koa/router'
import { VaultError } from '../../core/errors.ts'
import type { Provider } from '../../core/provider.ts'
import type { Ports } from '../../ports.ts'
import { beginAuthorization } from '../../vault/begin-authorization.ts'
import { type OpenedLink, openLink } from '../../vault/open-link.ts'
import { browserCookie, newBrowserId, readBrowserId } from './browser-cookie.ts'
import { readForm } from './read-form.ts'
import { connectPage } from '../pages/connect-page.ts'
import { PageRefusal } from './failure-pages.ts'
import { seeOther, sendPage } from './send-page.ts'
import type { PublicPorts, PublicSite } from './site.ts'
import { sameDigest } from './same-digest.ts'

/** The page. It changes nothing, however often a scanner asks for it, by GET or by HEAD. */
export async function showConnectPage(
  ctx: RouterContext,
  ports: PublicPorts,
  site: PublicSite,
): Promise<void> {
  const secret = ctx.params['secret'] ?? ''
  const opened = await openUsableLink(ports, secret)
  const browserId = readBrowserId(ctx.get('cookie'), site) ?? newBrowserId(ports.random)
  ctx.set('Set-Cookie', browserCookie(browserId, site))
  show(ctx, ports, { site, secret, opened, browserId, complaint: null })
}

/** The button: a flow bound to this browser, and off to the provider. */
export async function startConnecting(
  ctx: RouterContext,
  ports: PublicPorts,
  site: PublicSite,
): Promise<void> {
  const secret = ctx.params['secret'] ?? ''
  const again = connectPath(site, secret)
  // `Origin` is not judged: it is `null` behind some privacy settings. The token below is what counts.
  if (ctx.get('sec-fetch-site') === 'cross-site')
    throw new PageRefusal('not_from_page', { retry: again })
  const form = await readForm(ctx.req)
  const browserId = readBrowserId(ctx.get('cookie'), site)
  if (browserId === null || !sameDigest(form.get('token'), formToken(ports, browserId, secret))) {
    throw new PageRefusal('not_from_page', { retry: again })
  }
  // Set anew, so that it outlives the flow.
  ctx.set('Set-Cookie', browserCookie(browserId, site))
  const opened = await openUsableLink(ports, secret)
  const provider = chosenProvider(opened, form.get('provider'))
  if (provider === null) {
    const complaint = 'Please choose which account to connect.'
    return show(ctx, ports, { site, secret, opened, browserId, complaint })
  }
  const demand = { secret, browserId, provider: provider.id }
  const { url } = await beginAuthorization(ports, demand).catch((error: unknown) => {
    throw withRetry(error, again)
  })
  seeOther(ctx, url)
}

/** The operator may have taken the provider away since the link was made. */
async function openUsableLink(ports: PublicPorts, secret: string): Promise<OpenedLink> {
  const opened = await openLink(ports, secret)
  if (opened.providers.length > 0) return opened
  throw new VaultError('provider_misconfigured', 'no provider of the link is configured')
}

function connectPath(site: PublicSite, secret: string): string {
  return `${site.base}/connect/${encodeURIComponent(secret)}`
}

type Shown = {
  readonly site: PublicSite
  readonly secret: string
  readonly opened: OpenedLink
  readonly browserId: string
  readonly complaint: string | null
}

function show(ctx: RouterContext, ports: PublicPorts, shown: Shown): void {
  const { site, secret, complaint } = shown
  const token = formToken(ports, shown.browserId, secret)
  const form = { action: connectPath(site, secret), token, complaint }
  const page = connectPage(site, shown.opened, { form, now: ports.clock.now() })
  sendPage(ctx, page, complaint === null ? 200 : 400)
}

/**
 * Proves that the form came from a page that this browser was shown for this link. Made from the
 * vault's key, so it holds across restarts and replicas, and nothing is stored for a GET.
 */
function formToken(ports: Pick<Ports, 'sealer'>, browserId: string, secret: string): string {
  return ports.sealer.fingerprint('connect-form/v1', `${browserId}.${secret}`)
}

function chosenProvider(opened: OpenedLink, id: string | null): Provider | null {
  return opened.providers.find(({ provider }) => provider.id === id)?.provider ?? null
}

/** The link is as good as before where only the provider failed. */
function withRetry(error: unknown, again: string): unknown {
  if (!(error instanceof VaultError) || !isProviderTrouble(error.code)) return error
  return new PageRefusal(error.code, { retry: again, cause: error })
}

function isProviderTrouble(
  code: string,
): code is 'provider_unavailable' | 'provider_misconfigured' {
  return code === 'provider_unavailable' || code === 'provider_misconfigured'
}
