import type { ConnectLink, Flow } from '../core/authorization.ts'
import { callbackProblem } from '../core/callback-error.ts'
import { VaultError } from '../core/errors.ts'
import type { ProviderId } from '../core/ids.ts'
import type { Provider } from '../core/provider.ts'
import type { Ports } from '../ports.ts'
import type { TokenConsent } from './attach-grant.ts'
import { failureOf, refusalDetail } from './connect-failure.ts'
import { digest } from './digest.ts'
import { endConnected, endFailed, type LinkEnd, type LinkFailure } from './end-link.ts'
import { LINK_DETAIL, LINK_PROBLEM } from './open-link.ts'
import { placeConsent, type Placed } from './place-consent.ts'
import { discard, redeem } from './redeem.ts'

type Needs = Pick<
  Ports,
  'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers' | 'policy' | 'observer'
>

/**
 * The callback. Throws `VaultError` `invalid_request` without touching the flow where the cookie is
 * not the flow's or the state is unknown: a page then says to open the link again in this browser.
 */
export async function finishAuthorization(
  ports: Needs,
  demand: {
    readonly provider: ProviderId
    readonly callback: ReadonlyMap<string, string>
    readonly browserId: string | null
  },
): Promise<LinkEnd> {
  const provider = ports.providers.get(demand.provider)
  const flow = provider === undefined ? null : await takeFlow(ports, demand)
  const link = flow?.link ? await ports.store.link(flow.link) : null
  if (provider === undefined || flow === null || link === null) throw unknownFlow()
  try {
    const consent = await consentOf(ports, flow, { link, provider, callback: demand.callback })
    if ('word' in consent) return await endFailed(ports, link, { provider, ...consent })
    const placed = await place(ports, link, flow, consent)
    return endConnected(ports, link, { provider, placed })
  } catch (error) {
    const { code: errorCode, detail } = failureOf(error)
    if (errorCode === 'internal') {
      ports.observer.connectBroke({ provider: provider.id, link: link.id, error })
    }
    return await endFailed(ports, link, { provider, word: 'internal', errorCode, detail })
  }
}

/** Spends the state; a browser that did not start the flow cannot (RFC 9700 §4.7). */
async function takeFlow(
  ports: Needs,
  demand: {
    readonly provider: ProviderId
    readonly callback: ReadonlyMap<string, string>
    readonly browserId: string | null
  },
): Promise<Flow | null> {
  const state = demand.callback.get('state')
  const { browserId } = demand
  if (state === undefined || browserId === null) return null
  return ports.store.write(async (trx) => {
    const flow = await trx.takeFlow(digest(state), digest(browserId), ports.clock.now())
    // Each provider has a callback of its own: another's answer on it is a mix-up (RFC 9700 §4.4).
    if (flow !== null && flow.provider !== demand.provider) throw unknownFlow()
    return flow
  })
}

function unknownFlow(): VaultError {
  return new VaultError('invalid_request', 'no connection was begun in this browser')
}

async function consentOf(
  ports: Needs,
  flow: Flow,
  from: {
    readonly link: ConnectLink
    readonly provider: Provider
    readonly callback: ReadonlyMap<string, string>
  },
): Promise<TokenConsent | LinkFailure> {
  // A flow that was at the provider when its link expired or was superseded may still finish.
  const problem = LINK_PROBLEM[from.link.state.status]
  if (problem === 'link_used' || problem === 'link_withdrawn') {
    throw new VaultError(problem, LINK_DETAIL[problem])
  }
  const redeemed = await redeem(ports, flow, from)
  if (redeemed.kind === 'consented') return redeemed
  if (redeemed.kind === 'failed') {
    return { word: 'internal', errorCode: redeemed.problem.code, detail: redeemed.detail }
  }
  return { ...callbackProblem(redeemed.error, from.provider), detail: refusalDetail(redeemed) }
}

async function place(
  ports: Needs,
  link: ConnectLink,
  flow: Flow,
  consent: TokenConsent,
): Promise<Placed> {
  try {
    return await ports.store.write((trx) => placeConsent(ports, trx, link, consent))
  } catch (error) {
    // The grant is good and nobody may hold it: the provider is told to forget it.
    await discard(ports, flow, consent.arrival.tokens, consent.account)
    throw error
  }
}
