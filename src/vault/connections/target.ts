import type { ConnectionId, ProviderId, UserId } from '../../core/base/ids.ts'

/** A connection as callers name it: by id, or by user and provider and, where there are several, account. */
export type ConnectionTarget =
  | { readonly id: ConnectionId }
  | {
      readonly userId: UserId
      readonly provider: ProviderId
      /** E-mail, account id or label. */
      readonly account: string | null
    }
