import { describe, expect, test } from 'vitest'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { observeStage, serveFrom } from '../../support/observe-stage.ts'
import { expectNoViolation } from '../../scripted-provider/checker/check.ts'
import type { Limits } from '../../scripted-provider/checker/limits.ts'
import {
  deedOf,
  MISBEHAVIOUR_NAMES,
  type MisbehaviourName,
} from '../../scripted-provider/misbehaviours/table.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

// Every misbehaviour that has a name, met by a refresh that is due; then the provider behaves again.
// What leaves it on the wire is in test/scripted-provider/.

const MINUTE = 60_000
/** Where others have the processors, a tenth of a second has become a minute. */
const TIMES = { timeout: 3 * MINUTE }
/** The schedule wants a token of an hour renewed, and there are ten minutes left in it. */
const DUE_MS = 50 * MINUTE
/** Longer with each look, from a rescue within a grace to the first probe of a dead grant. */
const LOOKS_MS = [5, 5, 5, 5, 5, 5, 30, 60, 300, 600, 1_200, 3_600].map(
  (seconds) => seconds * 1_000,
)

/** What says, wrongly, that the grant is dead. */
const DEATHS: readonly MisbehaviourName[] = [
  'invalid-grant',
  'invalid-grant-401',
  'invalid-grant-with-200',
]
/** What brings a token that nobody may be served. */
const BORN_DEAD: readonly MisbehaviourName[] = ['lifetime-zero', 'lifetime-negative']
/** The others end only by a deadline, and would only make this slow. */
const QUICK = MISBEHAVIOUR_NAMES.filter(isQuick)
/** Where others have the processors, an answer that comes can be long in coming. */
const LONG_DEADLINE_MS = 20_000

describe.concurrent('at a provider with a grace', () => {
  test.each(MISBEHAVIOUR_NAMES)('%s passes, and it heals by itself', TIMES, async (name) => {
    const deadline = isQuick(name) ? { deadlineMs: LONG_DEADLINE_MS } : {}
    await using stage = await openStage({ profile: 'grace', ...deadline })
    const { met, after, types, served } = await meet(stage, name)
    expect(met.status === 'disconnected').toBe(DEATHS.includes(name))
    expect(after.status).toBe('active')
    const died = types.includes('connection.disconnected')
    expect(died, types.join(' ')).toBe(DEATHS.includes(name))
    // Before, and after: a live token is not withheld meanwhile.
    expect(served).toBe(BORN_DEAD.includes(name) ? 1 : 2)
  })
})

describe.concurrent('at a strict provider', () => {
  test.each(QUICK)('%s ends at most what it has cost a rotation', TIMES, async (name) => {
    await using stage = await openStage({ profile: 'strict', deadlineMs: LONG_DEADLINE_MS })
    const { after, family, types, wasLost } = await meet(stage, name)
    expect(after.status).toBe(family.revoked === null ? 'active' : 'disconnected')
    const died = family.revoked !== null || types.includes('connection.disconnected')
    expect(died && !wasLost, types.join(' ')).toBe(DEATHS.includes(name))
  })
})

describe.concurrent('at a provider that must not be shown a token twice', () => {
  test.each(QUICK)('%s brings no token back, and nobody is punished', TIMES, async (name) => {
    const provider = { refreshTokens: { replay: 'never' } }
    const deadlineMs = LONG_DEADLINE_MS
    await using stage = await openStage({ profile: 'strict', provider, deadlineMs })
    const { met, family } = await meet(stage, name, { replay: 'never' })
    expect(family.revoked).toBeNull()
    if (met.status === 'disconnected' && !DEATHS.includes(name)) {
      expect(met.failure?.reason).toBe('interrupted')
    }
  })
})

/** From the refresh that is due to a forced one when all is well again; throws what the checker finds. */
async function meet(stage: Stage, name: MisbehaviourName, limits: Partial<Limits> = {}) {
  const { provider, ports } = stage
  const adopted = await stage.adopt({ accessTokenSeconds: 3_600 })
  const { id } = adopted.connection
  await stage.pass(DUE_MS)
  await provider.misbehave(name)
  await stage.refreshDue()
  const met = await stage.stored(id)
  const served = await serveFrom(stage, adopted)
  await stage.allRequestsClosed()
  await provider.behave()
  for (const ms of LOOKS_MS) {
    if (isWell(await stage.stored(id))) break
    await stage.pass(ms)
    await stage.refreshDue()
  }
  const after = await stage.stored(id)
  await refreshNow(ports, OPERATOR, id).catch(() => null)
  served.push(...(await serveFrom(stage, adopted)))

  const seen = { ...(await observeStage(stage, [adopted])), served }
  const truth = await provider.truth()
  expectNoViolation(truth, seen, { requestsOfEach: 6, ...limits })
  expect(truth.requests[0]?.misbehaviour).toBe(name)
  const events = await ports.store.events({ after: 0, limit: 100, reach: OPERATOR })
  return {
    met,
    after,
    family: await provider.family(adopted.family),
    wasLost: truth.requests.some(({ issued, told }) => issued?.rotated && told !== 'plainly'),
    types: events.map(({ type }) => type),
    served: served.length,
  }
}

function isQuick(name: MisbehaviourName): boolean {
  const { deed } = deedOf(name)
  if (deed.act === 'cut') return deed.ending !== 'open'
  return !['silence', 'drip', 'delay', 'hold', 'kill'].includes(deed.act)
}

function isWell({ status, grant, attempt }: LiveConnection): boolean {
  return status === 'active' && grant.generation > 1 && attempt === null
}
