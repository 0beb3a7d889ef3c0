import type { ConnectLink, Flow, FlowEnd } from '../../core/connect/flow.ts'
import type { CallbackErrorCode, CallbackWord } from '../../core/connect/callback-error.ts'
import { type ErrorCode, StoreError } from '../../core/base/errors.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { outcomeUrl } from '../../core/connect/redirect-url.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import type { LinkCompletion } from './complete-link.ts'
import { reportConnected } from './report-connected.ts'

export type LinkFailure = {
  readonly word: CallbackWord
  readonly errorCode: ErrorCode | CallbackErrorCode
  /** For the page of Larder: the code in the callback, if `errorCode` does not repeat it. */
  readonly providerError?: string | null
  /** For the log: an error code of the provider's or a sentence of ours. */
  readonly detail: string
}

/** Where the user ends: at the host app, or on a page of ours where the link named no `redirectUrl`. */
export type LinkEnd = FlowEnd & { readonly provider: Provider }

/** For how long a browser that asks for its callback again gets the same end. */
const END_KEPT_MS = 10 * 60_000

/** Reports what `connectedEnd` tells the browser. */
export function endConnected(
  ports: Pick<Ports, 'observer' | 'providers'>,
  link: ConnectLink,
  { provider, placed }: { readonly provider: Provider; readonly placed: LinkCompletion },
): LinkEnd {
  const { connection, change } = placed
  if (change !== 'awaiting') reportConnected(ports, { connection, change }, 'link')
  return { ...connectedEnd(link, placed), provider }
}

export function connectedEnd(
  link: ConnectLink,
  { connection, completion }: LinkCompletion,
): FlowEnd {
  if (link.redirectUrl === null) {
    return { kind: 'connected', awaitsConfirmation: completion !== null }
  }
  const { state } = link.request
  const params = { connectionId: connection.id, linkId: link.id, completion, state }
  return { kind: 'redirect', url: outcomeUrl(link.redirectUrl, params) }
}

export async function endFailed(
  ports: Pick<Ports, 'clock' | 'store' | 'observer'>,
  link: ConnectLink,
  failure: LinkFailure & { readonly provider: Provider; readonly flow?: Flow },
): Promise<LinkEnd> {
  const { errorCode, detail, provider, flow } = failure
  const end = failedEnd(link, failure)
  await noteFailure(ports, link, { provider, code: errorCode, detail }, async (trx) => {
    if (flow !== undefined) await keepEnd(ports, trx, { flow, end })
  })
  return { ...end, provider }
}

function failedEnd(
  link: ConnectLink,
  { word, errorCode, providerError = null }: LinkFailure,
): FlowEnd {
  if (link.redirectUrl === null) return { kind: 'failed', word, errorCode, providerError }
  const { state } = link.request
  const params = { error: word, errorCode, linkId: link.id, state }
  return { kind: 'redirect', url: outcomeUrl(link.redirectUrl, params) }
}

export async function keepEnd(
  { clock }: Pick<Ports, 'clock'>,
  trx: Writes,
  { flow, end }: { readonly flow: Flow; readonly end: FlowEnd },
): Promise<void> {
  await trx.keepFlowEnd(flow, end, clock.now() + END_KEPT_MS)
}

/** For `GET /v1/connect-links/{id}` and the log; the user's way on does not depend on it. */
export async function noteFailure(
  ports: Pick<Ports, 'store' | 'observer'>,
  link: ConnectLink,
  failure: { readonly provider: Provider; readonly code: string; readonly detail: string },
  alongside: (trx: Writes) => Promise<void> = async () => {},
): Promise<void> {
  const { code, detail } = failure
  const provider = failure.provider.id
  ports.observer.connectFailed({ provider, how: 'link', link: link.id, code, detail })
  try {
    await ports.store.write(async (trx) => {
      // A link that has been completed or withdrawn meanwhile keeps its state.
      await trx.trySaveLink(link, { ...link, lastError: code })
      await alongside(trx)
    })
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
  }
}
