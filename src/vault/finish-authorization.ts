import type { CallbackWord } from '../core/authorization.ts'
import type { ErrorCode } from '../core/errors.ts'
import type { ProviderId } from '../core/ids.ts'
import type { Provider } from '../core/provider.ts'
import type { Ports } from '../ports.ts'

/** Where the user ends: at the host app, or on a page of ours where the link named no `redirectUrl`. */
export type FinishedAuthorization =
  | { readonly kind: 'redirect'; readonly url: string }
  | {
      readonly kind: 'connected'
      readonly provider: Provider
      readonly awaitsConfirmation: boolean
    }
  | {
      readonly kind: 'failed'
      readonly provider: Provider
      readonly word: CallbackWord
      readonly errorCode: ErrorCode | 'access_denied' | 'unsupported_account'
    }

/**
 * The callback. Throws `VaultError` `invalid_request` without touching the flow where the cookie is
 * not the flow's or the state is unknown: a page then says to open the link again in this browser.
 */
export async function finishAuthorization(
  _ports: Ports,
  _demand: {
    readonly provider: ProviderId
    readonly callback: ReadonlyMap<string, string>
    readonly browserId: string | null
  },
): Promise<FinishedAuthorization> {
  throw new Error('not written yet')
}
