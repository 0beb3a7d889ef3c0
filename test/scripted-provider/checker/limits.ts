/** The limits of a run; null for no limit. */
export type Limits = {
  /** How long the provider may count a request as open after the client aborted it. */
  readonly abortSeenWithinMs: number
  /** How long after its sending a request may arrive. Its sender may be dead by then. */
  readonly arrivalSeenWithinMs: number
  /** Whether the preset allows to send a token again that may be used up. */
  readonly replay: 'allowed' | 'never'
  /** Minimum time between two uses of a token that may be used up, beside `earlyReplays`. */
  readonly backoffMs: number
  /** Number of uses in a row without that time, with one more right after a start. */
  readonly earlyReplays: number
  /** Maximum time from the last byte of an answer until the daemon has stored it. */
  readonly killWindowMs: number
  /** Time until the API shows the effect of an answer. */
  readonly settleMs: number
  /** How long after a deletion a request that was already sent may arrive. */
  readonly onItsWayMs: number
  /** Time until the daemon must notice the end of a grant by itself. */
  readonly noticeMs: number | null
  readonly latenessP99Ms: number | null
  /** Maximum number of token requests, in total and of each family. */
  readonly requests: number | null
  readonly requestsOfEach: number | null
  /** Maximum number of token requests within any second, and open at once. */
  readonly requestsPerSecond: number | null
  readonly requestsAtOnce: number | null
}

export const LIMITS: Limits = {
  abortSeenWithinMs: 50,
  arrivalSeenWithinMs: 0,
  replay: 'allowed',
  // Five seconds after the daemon's deadline, which is a little before the provider sees the end.
  backoffMs: 4_500,
  earlyReplays: 1,
  killWindowMs: 20,
  settleMs: 2_000,
  onItsWayMs: 50,
  noticeMs: null,
  latenessP99Ms: null,
  requests: null,
  requestsOfEach: null,
  requestsPerSecond: null,
  requestsAtOnce: null,
}
