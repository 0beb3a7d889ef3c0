import type { Attempt } from '../../core/connection/connection.ts'
import type { Instant } from '../../core/base/ids.ts'
import { unknownSince } from '../../core/refresh/grace.ts'
import { mayPresentAgain, type RefreshTraits } from '../../core/connection/provider.ts'
import type { AttemptOutcome } from '../../core/refresh/refresh-outcome.ts'
import type { Ports } from '../../ports/ports.ts'

export type SendResult = {
  readonly outcome: AttemptOutcome
  /** When the answered request was sent. */
  readonly sentAt: Instant
  /** The outcome of the first request, if a second one was sent. */
  readonly earlier: AttemptOutcome | null
}

/**
 * Sends the refresh token to the provider. If the first request has no result and the preset allows
 * a replay, sends it again within two seconds: within the grace, the provider answers with the
 * tokens of the first request.
 */
export async function sendRefreshToken(
  ports: Pick<Ports, 'clock' | 'random'>,
  of: {
    readonly ask: () => Promise<AttemptOutcome>
    /** The attempt before this one, if its outcome is unknown. */
    readonly attempt: Attempt | null
    readonly traits: RefreshTraits
  },
): Promise<SendResult> {
  const { ask, attempt, traits } = of
  const first = await sendOnce(ports, ask)
  const { outcome } = first
  if (!hasNoResult(outcome) || 'salvaged' in outcome) return first
  // The provider has processed the request, so a second request would be reuse, except within a
  // grace. The attempt stays open, and `rescueAttempts` sends the token again within that grace.
  if (outcome.kind === 'answer_lost' && outcome.began) return first
  const sentAt = unknownSince(attempt, first.sentAt, traits)
  const now = ports.clock.now() + 2 * REPLAY_AFTER_MS
  return mayPresentAgain(traits, { sentAt, now }) ? sendAgain(ports, ask, outcome) : first
}

/** Whether the provider may have processed the request although no usable answer arrived. */
export function hasNoResult({ kind }: AttemptOutcome): boolean {
  return kind === 'provider_failed' || kind === 'answer_lost' || kind === 'answer_unreadable'
}

const REPLAY_AFTER_MS = 500

export async function sendAgain(
  ports: Pick<Ports, 'clock' | 'random'>,
  ask: () => Promise<AttemptOutcome>,
  earlier: AttemptOutcome,
): Promise<SendResult> {
  await ports.clock.sleep(REPLAY_AFTER_MS * (1 + ports.random.fraction()))
  return { ...(await sendOnce(ports, ask)), earlier }
}

/**
 * `sentAt` is the earlier time by two clocks: the wall clock may be changed during the request, and
 * the monotonic clock stops while the machine is suspended.
 */
export async function sendOnce(
  ports: Pick<Ports, 'clock'>,
  ask: () => Promise<AttemptOutcome>,
): Promise<SendResult> {
  const begun = { at: ports.clock.now(), monotonic: ports.clock.monotonic() }
  const outcome = await ask()
  const took = Math.round(ports.clock.monotonic() - begun.monotonic)
  return { outcome, sentAt: Math.min(begun.at, ports.clock.now() - took), earlier: null }
}
