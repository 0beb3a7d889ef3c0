import { worksAt } from '../ledger.ts'
import { noteIdleness } from '../refresh-grant.ts'
import { type Asked, type Outcome, success, type World } from '../world.ts'

/** The account of the access token; 401, or the vendor's own error, if the token is not valid. */
export function answerUserinfo(world: World, { shown }: Asked): Outcome {
  const now = world.clock.now()
  const family = shown?.kind === 'access' ? shown.family : null
  const token = family?.access.at(shown?.ordinal ?? -1)
  if (family == null || token === undefined) return dead(world)
  noteIdleness(world.ledger, family, { idleMs: world.settings.idleMs, now })
  if (!worksAt(family, token, now)) return dead(world)
  token.firstUsedAt ??= now
  return success(world.dialect.userinfo(family.account))
}

function dead(world: World): Outcome {
  return { ...success(null), reply: world.dialect.deadAccessToken(), refused: 'invalid_token' }
}
