import type { LiveConnection } from '../../core/connection/connection.ts'
import type { Instant } from '../../core/base/ids.ts'
import { unknownSince } from '../../core/refresh/grace.ts'
import { mayPresentAgain, type Provider } from '../../core/connection/provider.ts'
import type { AttemptOutcome } from '../../core/refresh/refresh-outcome.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'

export type SendResult = {
  readonly outcome: AttemptOutcome
  /** When the request that was answered was sent. */
  readonly sentAt: Instant
  /** A request of this attempt may have spent the token without our seeing what came of it. */
  readonly unresolved: boolean
}

/**
 * Presents the refresh token to the provider: once, and within two seconds once more if nothing came of
 * the first and the provider does not punish it. Inside its grace the second returns what the first
 * had rotated.
 */
export async function sendRefreshToken(
  ports: Pick<Ports, 'clock' | 'random' | 'endpoint'>,
  connection: LiveConnection,
  what: { readonly provider: Provider; readonly secret: Secret },
): Promise<SendResult> {
  const request = {
    provider: connection.provider,
    client: connection.client,
    params: connection.params,
    providerData: connection.providerData,
    requestedScope: connection.grant.requestedScope,
    refreshToken: what.secret,
  }
  const ask = () => ports.endpoint.refresh(request)
  const first = await sendOnce(ports, ask)
  if (first.outcome.kind !== 'ambiguous' || first.outcome.salvaged !== null) {
    return { ...first, unresolved: false }
  }
  if (!first.outcome.mayReplay) return { ...first, unresolved: false }
  const { refresh } = what.provider
  const sentAt = unknownSince(connection.attempt, first.sentAt, refresh)
  const isLost = mayBeSpent(first.outcome)
  // The provider has processed the request: sent again, the token counts as reused, unless there is a
  // grace. The attempt stays open, and the rescue sends it again while the grace lasts.
  if (first.outcome.answerBegan === true) return { ...first, unresolved: isLost }
  if (!mayPresentAgain(refresh, { sentAt, now: ports.clock.now() + 2 * REPLAY_AFTER_MS })) {
    return { ...first, unresolved: isLost }
  }
  const second = await sendAgain(ports, ask)
  if (second.outcome.kind === 'ok') return { ...second, unresolved: false }
  const isPunished = refresh.replay !== 'allowed'
  return { ...second, unresolved: !isPunished || isLost || mayBeSpent(second.outcome) }
}

/**
 * Whether the answer leaves it open that the token is spent. Where a reuse is punished, a provider that
 * reports a failure is believed: otherwise its outage would end every grant.
 */
function mayBeSpent(outcome: AttemptOutcome): boolean {
  return outcome.kind === 'ambiguous' && outcome.mayReplay && outcome.wasRefused !== true
}

const REPLAY_AFTER_MS = 500

/** Within two seconds of the first time. */
export async function sendAgain(
  ports: Pick<Ports, 'clock' | 'random'>,
  ask: () => Promise<AttemptOutcome>,
): Promise<Omit<SendResult, 'unresolved'>> {
  await ports.clock.sleep(REPLAY_AFTER_MS * (1 + ports.random.fraction()))
  return sendOnce(ports, ask)
}

/**
 * When it was sent, by whichever clock says earlier: the wall clock may be set in between, and the
 * monotonic one stands still while a machine is suspended.
 */
export async function sendOnce(
  ports: Pick<Ports, 'clock'>,
  ask: () => Promise<AttemptOutcome>,
): Promise<Omit<SendResult, 'unresolved'>> {
  const begun = { at: ports.clock.now(), monotonic: ports.clock.monotonic() }
  const outcome = await ask()
  const took = Math.round(ports.clock.monotonic() - begun.monotonic)
  return { outcome, sentAt: Math.min(begun.at, ports.clock.now() - took) }
}
