import type { ClientAuth } from 'oauth4webapi'
import type { Instant } from '../core/ids.ts'
import type { Sealed } from '../core/secret.ts'

/**
 * What a preset can name where data does not reach. A strategy is told everything it may need and
 * knows nothing of the provider that names it.
 */
export type ClientAuthStrategy = (client: {
  readonly id: string
  readonly secret: Sealed | null
  readonly params: Readonly<Record<string, string>>
  readonly tokenEndpoint: URL
  readonly now: Instant
}) => Promise<ClientAuth>

/** Whether the callback is authentic beyond its state, e.g. by a signature over its parameters. */
export type CallbackStrategy = (callback: {
  readonly parameters: ReadonlyMap<string, string>
  readonly secret: Sealed | null
}) => boolean

/** `{ strategy: '…' }` as a preset's client authentication. */
export const clientAuthStrategies: Readonly<Record<string, ClientAuthStrategy>> = {}

/** `callbackStrategy: '…'` of a preset. */
export const callbackStrategies: Readonly<Record<string, CallbackStrategy>> = {}
