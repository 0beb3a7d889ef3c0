import { type Attempt, isLive } from '../../core/connection/connection.ts'
import type { AttemptId } from '../../core/base/ids.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { recordChange } from './record-change.ts'

/**
 * A reconnect or an import may have kept the refresh token of a running refresh, together with its
 * attempt. Then the new refresh token belongs to the connection with that attempt and is not
 * revoked. Returns false if no connection has the attempt.
 */
export async function adoptLateRotation(
  ports: Pick<Ports, 'endpoint' | 'providers' | 'sealer'>,
  trx: Writes,
  late: {
    readonly attempt: AttemptId
    readonly received: Secret | null
    /** The attempt if its refresh token may be spent, else null. */
    readonly open: Attempt | null
  },
): Promise<boolean> {
  const { attempt, received, open } = late
  const holder = await trx.connectionOfAttempt(attempt)
  if (holder === null || !isLive(holder) || holder.grant.kind !== 'oauth') return false
  const { grant } = holder
  // Keep the holder's access token: it is newer than that of the rotation.
  const rotated = { ...grant, generation: grant.generation + 1, refreshToken: received }
  const after = { ...holder, grant: received === null ? grant : rotated, attempt: open }
  await recordChange(ports, trx, { before: holder, after })
  if (received !== null) await trx.rememberRefreshToken(after, received, 'received')
  return true
}
