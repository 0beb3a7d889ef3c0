import { type Asked, type Outcome, refusal, success, type World } from '../world.ts'
import { isKnownClient } from './authenticate-client.ts'

/** RFC 7009: a token that is not known, or no more, is revoked all the same (§2.2). */
export function answerRevoke(world: World, asked: Asked): Outcome {
  const { shown } = asked
  if (!isKnownClient(world, asked)) return refusal(world, 'invalid_client')
  if (shown === null || shown.family === null) return success(null)
  const now = world.clock.now()
  if (shown.kind === 'refresh' || world.settings.revocationReach === 'grant') {
    world.ledger.revoke(shown.family, 'revocation_endpoint', now)
    return success(null)
  }
  const token = shown.family.access.at(shown.ordinal)
  if (token !== undefined && token.endedAt === null) {
    token.endedAt = now
    token.endedBy = 'revocation_endpoint'
  }
  return success(null)
}
