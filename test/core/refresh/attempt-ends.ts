import type { AttemptEnd } from '../../../src/core/refresh/after-refresh.ts'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import type { AttemptId } from '../../../src/core/base/ids.ts'
import { UNKNOWN_TRAITS } from '../../../src/core/connection/provider.ts'
import type { ReceivedTokens, RefreshOutcome } from '../../../src/core/refresh/refresh-outcome.ts'
import { DEFAULT_REFRESH_POLICY } from '../../../src/core/refresh/refresh-policy.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { MADE_AT, makeConnection } from '../../support/make-connection.ts'

export const HOUR = 3_600_000
export const NOW = MADE_AT + HOUR

export const tokens: ReceivedTokens = {
  accessToken: new Secret('access-2'),
  tokenType: 'Bearer',
  expiresInSeconds: 3600,
  refreshToken: new Secret('refresh-2'),
  refreshTokenExpiresInSeconds: null,
  scope: null,
  providerData: {},
}

export const ok: RefreshOutcome = { kind: 'ok', tokens }
export const dead: RefreshOutcome = { kind: 'grant_dead', detail: 'invalid_grant' }
export const notSent: RefreshOutcome = { kind: 'not_sent', detail: 'refused' }
export const lost = { kind: 'answer_lost', detail: 'reset', began: false } as const
export const failed: RefreshOutcome = { kind: 'provider_failed', detail: '500' }
export const unread = { kind: 'answer_unreadable', detail: 'no token' } as const
export const refused = { kind: 'unknown_refusal', detail: 'no', evidence: 'none' } as const
export const slow: RefreshOutcome = { kind: 'throttled', detail: '429', retryAfterMs: 120_000 }
export const wrongClient = { kind: 'client_config', detail: 'invalid_client' } as const
export const attempt = { id: 'att_1' as AttemptId, sentAt: NOW - 200 }
export const earlier = { id: 'att_0' as AttemptId, sentAt: NOW - 60_000 }

export type Change = {
  earlier?: RefreshOutcome
  replay?: 'never' | 'within-grace'
  ownClient?: boolean
}

export function end(changes: Change = {}): AttemptEnd {
  return {
    now: NOW,
    attempt,
    earlier: changes.earlier ?? null,
    tokenId: 't_2',
    othersRefreshed: false,
    ownClient: changes.ownClient ?? false,
    provider: {
      refresh: {
        ...UNKNOWN_TRAITS,
        replay: changes.replay ?? 'allowed',
        graceMs: 30_000,
      },
    },
    policy: DEFAULT_REFRESH_POLICY,
    fraction: 0,
  }
}

export function disconnected(): LiveConnection {
  const failure = {
    reason: 'revoked',
    detail: 'invalid_grant',
    since: MADE_AT,
    attempts: 1,
  } as const
  return { ...makeConnection(), status: 'disconnected', failure, dueAt: NOW }
}
