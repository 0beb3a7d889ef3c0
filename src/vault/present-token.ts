import type { LiveConnection } from '../core/connection.ts'
import type { Instant } from '../core/ids.ts'
import type { Provider } from '../core/provider.ts'
import type { AttemptOutcome } from '../core/refresh-outcome.ts'
import type { Secret } from '../core/secret.ts'
import type { Ports } from '../ports.ts'

export type Presentation = {
  readonly outcome: AttemptOutcome
  /** When the request that was answered was sent. */
  readonly sentAt: Instant
  /** A request of this attempt may have spent the token without our seeing what came of it. */
  readonly unresolved: boolean
}

/**
 * Shows the refresh token to the provider: once, and within two seconds once more where the answer to
 * the first was lost and the provider does not punish it. Inside its grace the second brings back what
 * the first had rotated.
 */
export async function presentToken(
  ports: Pick<Ports, 'clock' | 'random' | 'endpoint'>,
  connection: LiveConnection,
  what: { readonly provider: Provider; readonly secret: Secret },
): Promise<Presentation> {
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
  const { mayReplay, wasRefused } = first.outcome
  if (what.provider.refresh.replay === 'never') {
    // One that says that it failed is believed: its outages must not end everybody's grant.
    return { ...first, unresolved: mayReplay && wasRefused !== true }
  }
  if (!mayReplay) return { ...first, unresolved: false }
  const second = await sendAgain(ports, ask)
  return { ...second, unresolved: second.outcome.kind !== 'ok' }
}

const REPLAY_AFTER_MS = 500

/** Within two seconds of the first time. */
export async function sendAgain(
  ports: Pick<Ports, 'clock' | 'random'>,
  ask: () => Promise<AttemptOutcome>,
): Promise<Omit<Presentation, 'unresolved'>> {
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
): Promise<Omit<Presentation, 'unresolved'>> {
  const begun = { at: ports.clock.now(), monotonic: ports.clock.monotonic() }
  const outcome = await ask()
  const took = Math.round(ports.clock.monotonic() - begun.monotonic)
  return { outcome, sentAt: Math.min(begun.at, ports.clock.now() - took) }
}
