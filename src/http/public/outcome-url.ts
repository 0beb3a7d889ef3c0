import type { Context } from 'koa'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'
import type { LinkEnd } from '../../vault/connect/end-link.ts'
import { noticePage, noticeStatus, type Outcome, outcomeNotice } from './pages/notice-page.ts'
import { PageRefusal } from './failure-pages.ts'
import { sendPage } from './send-page.ts'
import type { PublicSite } from './site.ts'
import { sameDigest } from './same-digest.ts'

type At = { readonly site: PublicSite; readonly browserId: string | null }

export function isOutcomeUrl(query: URLSearchParams): boolean {
  return query.has('outcome') && !query.has('state')
}

/** The URL to redirect the browser to. */
export function endUrl(end: LinkEnd, ports: Pick<Ports, 'sealer'>, at: At): string {
  switch (end.kind) {
    case 'redirect':
      return end.url
    case 'connected':
    case 'failed':
      return outcomeUrl(ports, end.provider, { ...at, outcome: end })
    default:
      return end satisfies never
  }
}

/**
 * The URL of the result page if the link has no `redirectUrl`. The URL has the path of the
 * callback, but no code or state. A reload shows the same page. The URL is signed for this browser,
 * so that a copy cannot claim "connected" in another browser.
 */
function outcomeUrl(
  ports: Pick<Ports, 'sealer'>,
  provider: Provider,
  at: At & { readonly outcome: Outcome },
): string {
  const text = asText(at.outcome)
  const signed = new URLSearchParams({ outcome: text, proof: proof(ports, provider, at, text) })
  return `${at.site.base}/callback/${provider.id}?${signed.toString()}`
}

export function showOutcome(
  ctx: Context,
  ports: Pick<Ports, 'sealer'>,
  at: At & { readonly provider: Provider },
): void {
  const query = new URLSearchParams(ctx.querystring)
  const text = query.get('outcome') ?? ''
  if (!sameDigest(query.get('proof'), proof(ports, at.provider, at, text))) {
    throw new PageRefusal('wrong_browser')
  }
  const outcome = fromText(text)
  const notice = outcomeNotice(outcome)
  const reference = outcome.kind === 'failed' ? (outcome.providerError ?? null) : null
  const shown = { provider: at.provider.name, retry: null, reference }
  sendPage(ctx, noticePage(at.site, notice, shown), noticeStatus(notice))
}

function proof(ports: Pick<Ports, 'sealer'>, provider: Provider, at: At, outcome: string): string {
  const value = `${at.browserId ?? ''}.${provider.id}.${outcome}`
  return ports.sealer.fingerprint('connect-outcome/v1', value)
}

function asText(outcome: Outcome): string {
  if (outcome.kind === 'failed') {
    const { word, errorCode, providerError = null } = outcome
    return ['failed', word, errorCode, ...(providerError === null ? [] : [providerError])].join('.')
  }
  return outcome.awaitsConfirmation ? 'awaiting' : 'connected'
}

/** Parses the output of `asText`. The caller has already verified the signature. */
function fromText(text: string): Outcome {
  const [kind, word, errorCode, ...said] = text.split('.')
  if (kind !== 'failed') return { kind: 'connected', awaitsConfirmation: kind === 'awaiting' }
  return {
    kind: 'failed',
    word: word === 'reject' || word === 'unsupported' ? word : 'internal',
    errorCode: errorCode ?? 'internal',
    providerError: said.length === 0 ? null : said.join('.'),
  }
}
