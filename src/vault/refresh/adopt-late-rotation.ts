import { type Attempt, isLive } from '../../core/connection/connection.ts'
import type { AttemptId } from '../../core/base/ids.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { recordChange } from './record-change.ts'

/** What a refresh came to whose row holds another grant by now. */
export type LateRotation = {
  readonly attempt: AttemptId
  readonly received: Secret | null
  /** The attempt, where nobody knows what became of the refresh token that was shown. */
  readonly open: Attempt | null
}

/**
 * A reconnect, or tokens that were handed in, may have kept the refresh token that was on its way to
 * the provider, and the attempt with it: what came of that is theirs, and nothing to revoke. False
 * where nobody lives on it.
 */
export async function adoptLateRotation(
  ports: Pick<Ports, 'endpoint' | 'providers' | 'sealer'>,
  trx: Writes,
  { attempt, received, open }: LateRotation,
): Promise<boolean> {
  const heir = await trx.connectionOfAttempt(attempt)
  if (heir === null || !isLive(heir) || heir.grant.kind !== 'oauth') return false
  const { grant } = heir
  // Its own access token is the newer one.
  const rotated = { ...grant, generation: grant.generation + 1, refreshToken: received }
  const after = { ...heir, grant: received === null ? grant : rotated, attempt: open }
  await recordChange(ports, trx, { before: heir, after })
  if (received !== null) await trx.rememberRefreshToken(after, received, 'received')
  return true
}
