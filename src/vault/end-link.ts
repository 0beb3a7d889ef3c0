import type { ConnectLink } from '../core/authorization.ts'
import type { CallbackErrorCode, CallbackWord } from '../core/callback-error.ts'
import { type ErrorCode, StoreError } from '../core/errors.ts'
import type { Provider } from '../core/provider.ts'
import { outcomeUrl } from '../core/redirect-url.ts'
import type { Ports } from '../ports.ts'
import type { Placed } from './place-consent.ts'
import { tellConnected } from './tell-connected.ts'

export type LinkFailure = {
  readonly word: CallbackWord
  readonly errorCode: ErrorCode | CallbackErrorCode
  /** For the page of Larder: the code in the callback, if `errorCode` does not repeat it. */
  readonly providerError?: string | null
  /** For the log: an error code of the provider's or a sentence of ours. */
  readonly detail: string
}

/** Where the user ends: at the host app, or on a page of ours where the link named no `redirectUrl`. */
export type LinkEnd =
  | { readonly kind: 'redirect'; readonly url: string }
  | {
      readonly kind: 'connected'
      readonly provider: Provider
      readonly awaitsConfirmation: boolean
    }
  | ({ readonly kind: 'failed'; readonly provider: Provider } & Omit<LinkFailure, 'detail'>)

export function endConnected(
  ports: Pick<Ports, 'observer' | 'providers'>,
  link: ConnectLink,
  { provider, placed }: { readonly provider: Provider; readonly placed: Placed },
): LinkEnd {
  const { connection, change, completion } = placed
  if (change !== 'awaiting') tellConnected(ports, { connection, change }, 'link')
  if (link.redirectUrl === null) {
    return { kind: 'connected', provider, awaitsConfirmation: completion !== null }
  }
  const { state } = link.request
  const url = outcomeUrl(link.redirectUrl, {
    connectionId: connection.id,
    linkId: link.id,
    completion,
    state,
  })
  return { kind: 'redirect', url }
}

export async function endFailed(
  ports: Pick<Ports, 'store' | 'observer'>,
  link: ConnectLink,
  failure: LinkFailure & { readonly provider: Provider },
): Promise<LinkEnd> {
  const { word, errorCode, providerError = null, detail, provider } = failure
  await noteFailure(ports, link, { provider, code: errorCode, detail })
  if (link.redirectUrl === null) return { kind: 'failed', provider, word, errorCode, providerError }
  const { state } = link.request
  const params = { error: word, errorCode, linkId: link.id, state }
  return { kind: 'redirect', url: outcomeUrl(link.redirectUrl, params) }
}

/** For `GET /v1/connect-links/{id}` and the log; the user's way on does not depend on it. */
export async function noteFailure(
  ports: Pick<Ports, 'store' | 'observer'>,
  link: ConnectLink,
  failure: { readonly provider: Provider; readonly code: string; readonly detail: string },
): Promise<void> {
  const { code, detail } = failure
  const provider = failure.provider.id
  ports.observer.connectFailed({ provider, how: 'link', link: link.id, code, detail })
  try {
    await ports.store.write((trx) => trx.saveLink(link, { ...link, lastError: code }))
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    ports.observer.storeFailed({ reason: error.reason, during: 'connect' })
  }
}
