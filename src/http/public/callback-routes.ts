import type { RouterContext } from '@koa/router'
import { VaultError } from '../../core/base/errors.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'
import { type CallbackParams, firstOfEach, repeated } from './callback-field.ts'
import { LONGEST_CALLBACK } from './callback-size.ts'
import { readBrowserId } from './browser-cookie.ts'
import { readForm } from '../read-body.ts'
import { endUrl, isOutcomeUrl, showOutcome } from './outcome-url.ts'
import { PageRefusal } from './failure-pages.ts'
import type { RunningCallbacks } from './running-callbacks.ts'
import { seeOther } from './send-page.ts'
import type { PublicPorts, PublicSite } from './site.ts'

/** Handles the provider's redirect, which has a state and a code or an error. */
export async function receiveCallback(
  ctx: RouterContext,
  ports: PublicPorts,
  at: { readonly site: PublicSite; readonly running: RunningCallbacks },
): Promise<void> {
  const { site, running } = at
  const provider = namedProvider(ctx, ports)
  refuseLookAhead(ctx)
  const query = new URLSearchParams(ctx.querystring)
  const browserId = readBrowserId(ctx.get('cookie'), site)
  if (isOutcomeUrl(query)) return showOutcome(ctx, ports, { site, provider, browserId })
  const received = { provider: provider.id, callback: withoutDuplicates(query), browserId }
  const finished = await running.finish(ports, received).catch((error: unknown) => {
    throw isForeign(error) ? new PageRefusal('wrong_browser') : error
  })
  seeOther(ctx, endUrl(finished, ports, { site, browserId }))
}

/**
 * Tokens that are not passed on: Larder redeems only the code, and a token must not appear in a
 * URL.
 */
const NOT_PASSED_ON = ['access_token', 'id_token', 'refresh_token']

/**
 * Handles `response_mode=form_post` (OAuth 2.0 Form Post Response Mode §2). A cross-site POST has
 * no Lax cookie, so this handler redirects to the GET route, where the browser sends the cookie.
 * The redirect has all form fields except tokens, because presets also use fields outside the
 * protocol.
 */
export async function receiveFormPost(
  ctx: RouterContext,
  ports: PublicPorts,
  site: PublicSite,
): Promise<void> {
  const provider = namedProvider(ctx, ports)
  refuseLookAhead(ctx)
  const sent = withoutDuplicates(await readForm(ctx.req, LONGEST_CALLBACK))
  if (!sent.has('state')) throw new PageRefusal('unusable_answer')
  const passed = [...sent].filter(([name]) => !NOT_PASSED_ON.includes(name))
  const query = new URLSearchParams(passed).toString()
  seeOther(ctx, `${site.base}/callback/${provider.id}?${query}`)
}

const LOOKS_AHEAD = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']

/**
 * Refuses prefetch requests, and HEAD, which the router runs as GET. Only a user who opens the page
 * may redeem a code.
 */
function refuseLookAhead(ctx: RouterContext): void {
  const isAhead = LOOKS_AHEAD.some((name) => /prefetch|prerender|preview/i.test(ctx.get(name)))
  if (isAhead || ctx.method === 'HEAD') throw new PageRefusal('not_opened')
}

function namedProvider(ctx: RouterContext, ports: Pick<Ports, 'providers'>): Provider {
  const provider = ports.providers.get(ctx.params['provider'] as ProviderId)
  if (provider === undefined) throw new PageRefusal('page_not_found')
  return provider
}

function withoutDuplicates(params: URLSearchParams): CallbackParams {
  const pairs = [...params]
  if (repeated(pairs) !== undefined) throw new PageRefusal('unusable_answer')
  return firstOfEach(pairs)
}

function isForeign(error: unknown): boolean {
  return error instanceof VaultError && error.code === 'invalid_request'
}
