import type { ConnectLink, Flow } from '../../core/connect/flow.ts'
import { callbackProblem } from '../../core/connect/callback-error.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'
import type { TokenConsent } from './write-grant.ts'
import { connectFailureOf, refusalDetail } from './connect-failure.ts'
import { digest } from '../../core/base/digest.ts'
import {
  connectedEnd,
  endConnected,
  endFailed,
  keepEnd,
  type LinkEnd,
  type LinkFailure,
} from './end-link.ts'
import { LINK_DETAIL, LINK_PROBLEM } from './open-link.ts'
import { completeLink, type LinkCompletion } from './complete-link.ts'
import { discard, redeem } from './redeem.ts'

type Needs = Pick<
  Ports,
  'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers' | 'policy' | 'observer'
>

type Demand = {
  readonly provider: ProviderId
  readonly callback: ReadonlyMap<string, string>
  readonly browserId: string | null
}

/**
 * The callback. A browser that asks for it again gets the same end, and nothing is redeemed again.
 * Throws `VaultError` `invalid_request` without touching the flow where the cookie is not the flow's or
 * the state is unknown: a page then says to open the link again in this browser.
 */
export async function finishAuthorization(ports: Needs, demand: Demand): Promise<LinkEnd> {
  const provider = ports.providers.get(demand.provider)
  const state = demand.callback.get('state')
  if (provider === undefined || state === undefined || demand.browserId === null) {
    throw unknownFlow()
  }
  const hashes = [digest(state), digest(demand.browserId)] as const
  const flow = await takeFlow(ports, provider, hashes)
  if (flow === null) return endOfBefore(ports, provider, hashes)
  const link = flow.link === null ? null : await ports.store.link(flow.link)
  if (link === null) throw unknownFlow()
  try {
    const consent = await consentOf(ports, flow, { link, provider, callback: demand.callback })
    if ('word' in consent) return await endFailed(ports, link, { provider, flow, ...consent })
    const placed = await completeByTokens(ports, link, flow, consent)
    return endConnected(ports, link, { provider, placed })
  } catch (error) {
    const { code: errorCode, detail } = connectFailureOf(error)
    if (errorCode === 'internal') {
      ports.observer.connectBroke({ provider: provider.id, link: link.id, error })
    }
    return await endFailed(ports, link, { provider, flow, word: 'internal', errorCode, detail })
  }
}

/** Of `state` and of the browser's cookie. */
type Hashes = readonly [state: string, browser: string]

/** Spends the state; a browser that did not start the flow cannot (RFC 9700 §4.7). */
function takeFlow(ports: Needs, provider: Provider, hashes: Hashes): Promise<Flow | null> {
  return ports.store.write(async (trx) => {
    const flow = await trx.takeFlow(...hashes, ports.clock.now())
    // Each provider has a callback of its own: another's answer on it is a mix-up (RFC 9700 §4.4).
    if (flow !== null && flow.provider !== provider.id) throw unknownFlow()
    return flow
  })
}

async function endOfBefore(ports: Needs, provider: Provider, hashes: Hashes): Promise<LinkEnd> {
  const kept = await ports.store.flowEnd(...hashes, ports.clock.now())
  if (kept === null || kept.provider !== provider.id) throw unknownFlow()
  return { ...kept.end, provider }
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
  return {
    ...callbackProblem(redeemed.error, from.provider),
    detail: refusalDetail(redeemed, flow.requestedScope),
  }
}

async function completeByTokens(
  ports: Needs,
  link: ConnectLink,
  flow: Flow,
  consent: TokenConsent,
): Promise<LinkCompletion> {
  try {
    return await ports.store.write(async (trx) => {
      const placed = await completeLink(ports, trx, link, consent)
      await keepEnd(ports, trx, { flow, end: connectedEnd(link, placed) })
      return placed
    })
  } catch (error) {
    // The grant is good and nobody may hold it: the provider is told to forget it.
    await discard(ports, flow, consent.arrival.tokens, consent.account)
    throw error
  }
}
