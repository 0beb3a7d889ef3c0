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
  /** For Larder's own page: the code from the callback if it differs from `errorCode`. */
  readonly providerError?: string | null
  /** For the log: the provider's error code, or a message that Larder wrote. */
  readonly detail: string
}

/** The end of a link: a redirect to the app, or Larder's own page if there is no `redirectUrl`. */
export type LinkEnd = FlowEnd & { readonly provider: Provider }

/** How long a browser that repeats its callback gets the same result. */
const END_KEPT_MS = 10 * 60_000

export function endConnected(
  ports: Pick<Ports, 'observer' | 'providers'>,
  link: ConnectLink,
  of: { readonly provider: Provider; readonly completion: LinkCompletion },
): LinkEnd {
  const { connection, change } = of.completion
  if (change !== 'awaiting') reportConnected(ports, { connection, change }, 'link')
  return { ...connectedEnd(link, of.completion), provider: of.provider }
}

export function connectedEnd(
  { id: linkId, redirectUrl, request: { state } }: ConnectLink,
  { connection, completion }: LinkCompletion,
): FlowEnd {
  if (redirectUrl === null) return { kind: 'connected', awaitsConfirmation: completion !== null }
  const params = { connectionId: connection.id, linkId, completion, state }
  return { kind: 'redirect', url: outcomeUrl(redirectUrl, params) }
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
  { id: linkId, redirectUrl, request: { state } }: ConnectLink,
  { word, errorCode, providerError = null }: LinkFailure,
): FlowEnd {
  if (redirectUrl === null) return { kind: 'failed', word, errorCode, providerError }
  const params = { error: word, errorCode, linkId, state }
  return { kind: 'redirect', url: outcomeUrl(redirectUrl, params) }
}

export async function keepEnd(
  { clock }: Pick<Ports, 'clock'>,
  trx: Writes,
  { flow, end }: { readonly flow: Flow; readonly end: FlowEnd },
): Promise<void> {
  await trx.keepFlowEnd(flow, end, clock.now() + END_KEPT_MS)
}

/** Logs a failure and stores its code with the link. A store failure does not stop the user. */
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
      // A link that was completed or withdrawn meanwhile keeps its state.
      await trx.trySaveLink(link, { ...link, lastError: code })
      await alongside(trx)
    })
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
  }
}
