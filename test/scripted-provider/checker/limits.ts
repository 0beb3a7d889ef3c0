/** What a run promises; null: nothing in this respect. */
export type Limits = {
  /** How long after an end that only the client knows of the provider may still think it open. */
  readonly abortSeenWithinMs: number
  /** How long after it was sent a request may be seen to arrive: its sender may be dead by then. */
  readonly arrivalSeenWithinMs: number
  /** Whether a token that may be spent is ever shown again, as the daemon's preset says. */
  readonly replay: 'allowed' | 'never'
  /** Showings of a token that may be spent are at least so far apart … */
  readonly backoffMs: number
  /** … but for so many in a row, and one more right after a start. */
  readonly earlyReplays: number
  /** From the last byte of an answer until the daemon has it on stable storage. */
  readonly killWindowMs: number
  /** Until what an answer said can be seen. */
  readonly settleMs: number
  /** What was under way when a deletion was answered may still arrive so much later. */
  readonly onItsWayMs: number
  /** Until a death that nobody told the daemon of is noticed. */
  readonly noticeMs: number | null
  readonly latenessP99Ms: number | null
  /** Token requests in all, and of each family. */
  readonly requests: number | null
  readonly requestsOfEach: number | null
  /** Token requests that arrive within any second, and that are open at once. */
  readonly requestsPerSecond: number | null
  readonly requestsAtOnce: number | null
}

export const LIMITS: Limits = {
  abortSeenWithinMs: 50,
  arrivalSeenWithinMs: 0,
  replay: 'allowed',
  // Five seconds from when the daemon gave up, of which the provider hears a little later.
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
