import type { ConnectLink, Flow } from '../../core/connect/flow.ts'
import { callbackProblem } from '../../core/connect/callback-error.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { ConnectNeeds } from './write-grant.ts'
import { connectFailureOf, refusalDetail } from './connect-failure.ts'
import { digest } from '../../core/base/digest.ts'
import { connectedEnd, endConnected, endFailed, keepEnd, type LinkEnd } from './end-link.ts'
import { requireUnused } from './open-link.ts'
import { completeLink } from './complete-link.ts'
import { redeem, storeOrRevoke } from './redeem.ts'

export type PageCallback = {
  readonly provider: ProviderId
  readonly callback: ReadonlyMap<string, string>
  /** The value of the browser's cookie. */
  readonly browserId: string | null
}

/**
 * Handles the callback of a flow that began on the connect page. If the browser repeats the
 * callback, it gets the same result, and the code is not exchanged again. If the cookie does not
 * match the flow, or the state is unknown, throws `invalid_request` and does not change the flow.
 */
export async function finishPageFlow(
  ports: ConnectNeeds,
  { provider: id, callback, browserId }: PageCallback,
): Promise<LinkEnd> {
  const provider = ports.providers.get(id)
  const state = callback.get('state')
  if (provider === undefined || state === undefined || browserId === null) throw unknownFlow()
  const hashes = [digest(state), digest(browserId)] as const
  const flow = await takeFlow(ports, provider, hashes)
  if (flow === null) return endOfBefore(ports, provider, hashes)
  const link = flow.link === null ? null : await ports.store.link(flow.link)
  if (link === null) throw unknownFlow()
  try {
    return await finish(ports, flow, { link, provider, callback })
  } catch (error) {
    const { code: errorCode, detail } = connectFailureOf(error)
    if (errorCode === 'internal')
      ports.observer.connectBroke({ provider: id, link: link.id, error })
    return endFailed(ports, link, { provider, flow, word: 'internal', errorCode, detail })
  }
}

type Hashes = readonly [state: string, browser: string]

/** Marks the state as used. Only the browser that began the flow can do this (RFC 9700 §4.7). */
function takeFlow(ports: ConnectNeeds, provider: Provider, hashes: Hashes): Promise<Flow | null> {
  return ports.store.write(async (trx) => {
    const flow = await trx.takeFlow(...hashes, ports.clock.now())
    // Each provider has its own callback URL. Another provider's answer is a mix-up (RFC 9700
    // §4.4).
    if (flow !== null && flow.provider !== provider.id) throw unknownFlow()
    return flow
  })
}

async function endOfBefore(
  ports: ConnectNeeds,
  provider: Provider,
  hashes: Hashes,
): Promise<LinkEnd> {
  const kept = await ports.store.flowEnd(...hashes, ports.clock.now())
  if (kept === null || kept.provider !== provider.id) throw unknownFlow()
  return { ...kept.end, provider }
}

function unknownFlow(): VaultError {
  return new VaultError('invalid_request', 'no connection was begun in this browser')
}

async function finish(
  ports: ConnectNeeds,
  flow: Flow,
  from: {
    readonly link: ConnectLink
    readonly provider: Provider
    readonly callback: ReadonlyMap<string, string>
  },
): Promise<LinkEnd> {
  const { link, provider } = from
  requireUnused(link)
  const redeemed = await redeem(ports, flow, from)
  switch (redeemed.kind) {
    case 'consented': {
      const completion = await storeOrRevoke(ports, flow, redeemed, async (trx) => {
        const completed = await completeLink(ports, trx, link, redeemed)
        await keepEnd(ports, trx, { flow, end: connectedEnd(link, completed) })
        return completed
      })
      return endConnected(ports, link, { provider, completion })
    }
    case 'failed': {
      const { problem, detail } = redeemed
      const errorCode = problem.code
      return endFailed(ports, link, { provider, flow, word: 'internal', errorCode, detail })
    }
    case 'refused': {
      const detail = refusalDetail(redeemed, flow.requestedScope)
      const problem = callbackProblem(redeemed.error, provider)
      return endFailed(ports, link, { provider, flow, ...problem, detail })
    }
    default:
      return redeemed satisfies never
  }
}
