import { worksAt } from '../ledger.ts'
import { type Asked, type Outcome, refusal, success, type World } from '../world.ts'
import { isKnownClient } from './authenticate-client.ts'

/** RFC 7009: an invalid token gets the same answer as a revoked one (§2.2). */
export function answerRevoke(world: World, asked: Asked): Outcome {
  if (!isKnownClient(world, asked)) return refusal(world, 'invalid_client')
  const { shown } = asked
  if (shown === null || shown.family === null || shown.standing !== 'current') return success(null)
  const now = world.clock.now()
  const token = shown.kind === 'access' ? shown.family.access.at(shown.ordinal) : null
  if (token === undefined || (token !== null && !worksAt(shown.family, token, now))) {
    return success(null)
  }
  if (token === null || world.settings.revocationReach === 'grant') {
    world.ledger.revoke(shown.family, 'revocation_endpoint', now)
  } else {
    token.endedAt = now
    token.endedBy = 'revocation_endpoint'
  }
  return success(null)
}
