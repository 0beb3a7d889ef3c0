import type { RouterContext } from '@koa/router'
import { VaultError } from '../../core/base/errors.ts'
import { beginPageFlow } from '../../vault/connect/begin-page-flow.ts'
import { type OpenedLink, openLink } from '../../vault/connect/open-link.ts'
import { browserCookie, newBrowserId, readBrowserId } from './browser-cookie.ts'
import { readForm } from '../read-body.ts'
import { PageRefusal } from './failure-pages.ts'
import { seeOther } from './send-page.ts'
import type { PublicPorts, PublicSite } from './site.ts'
import { sameDigest } from './same-digest.ts'
import { connectPath, formToken, showPage } from './show-page.ts'
import { takeCredentials } from './take-credentials.ts'

const LONGEST_FORM = 8 * 1024

/** Shows the connect page. Changes nothing, so link scanners may fetch the page many times. */
export async function showConnectPage(
  ctx: RouterContext,
  ports: PublicPorts,
  site: PublicSite,
): Promise<void> {
  const secret = ctx.params['secret'] ?? ''
  const opened = await openUsableLink(ports, secret)
  const browserId = readBrowserId(ctx.get('cookie'), site) ?? newBrowserId(ports.random)
  ctx.set('Set-Cookie', browserCookie(browserId, site))
  showPage(ctx, ports, { site, secret, opened, browserId })
}

/**
 * Handles the submitted page. Starts a flow that is bound to this browser and redirects to the
 * provider, or checks the credentials that the user entered.
 */
export async function startConnecting(
  ctx: RouterContext,
  ports: PublicPorts,
  site: PublicSite,
): Promise<void> {
  const secret = ctx.params['secret'] ?? ''
  const again = connectPath(site, secret)
  // Does not check `Origin`, because browsers with some privacy settings send `null`. The form
  // token proves that Larder's page sent the form.
  if (ctx.get('sec-fetch-site') === 'cross-site')
    throw new PageRefusal('not_from_page', { retry: again })
  const form = await readForm(ctx.req, LONGEST_FORM)
  const browserId = readBrowserId(ctx.get('cookie'), site)
  if (browserId === null || !sameDigest(form.get('token'), formToken(ports, browserId, secret))) {
    throw new PageRefusal('not_from_page', { retry: again })
  }
  // Renews the cookie, so that the cookie does not expire before the flow ends.
  ctx.set('Set-Cookie', browserCookie(browserId, site))
  const opened = await openUsableLink(ports, secret)
  const chosen = opened.providers.find(({ provider }) => provider.id === form.get('provider'))
  const page = { site, secret, opened, browserId }
  if (chosen === undefined) {
    return showPage(ctx, ports, { ...page, complaint: 'Please choose which account to connect.' })
  }
  try {
    if (chosen.provider.credentials !== null) {
      const only = { ...page, opened: { ...opened, providers: [chosen] } }
      return await takeCredentials(ctx, ports, { page: only, provider: chosen.provider, form })
    }
    const { link } = opened
    const { url } = await beginPageFlow(ports, { link, provider: chosen.provider, browserId })
    seeOther(ctx, url)
  } catch (error) {
    throw withRetry(error, again)
  }
}

/** Throws if the operator removed the providers of the link from the settings. */
async function openUsableLink(ports: PublicPorts, secret: string): Promise<OpenedLink> {
  const opened = await openLink(ports, secret)
  if (opened.providers.length > 0) return opened
  throw new VaultError('provider_misconfigured', 'no provider of the link is configured')
}

/** Adds a retry link if the failure was at the provider: the connect link is still valid. */
function withRetry(error: unknown, again: string): unknown {
  if (!(error instanceof VaultError) || !isProviderTrouble(error.code)) return error
  return new PageRefusal(error.code, { retry: again, cause: error })
}

function isProviderTrouble(
  code: string,
): code is 'provider_unavailable' | 'provider_misconfigured' {
  return code === 'provider_unavailable' || code === 'provider_misconfigured'
}
