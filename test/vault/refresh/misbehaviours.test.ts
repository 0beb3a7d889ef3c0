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

// A due refresh meets every named misbehaviour; then the provider behaves again. How they look on
// the wire is tested in test/scripted-provider/.

const MINUTE = 60_000
/** On a busy machine, a tenth of a second can become a minute. */
const TIMES = { timeout: 3 * MINUTE }
/** The schedule refreshes a token of one hour when it has ten minutes left. */
const DUE_MS = 50 * MINUTE
/** Growing waits, from a rescue within the grace to the first probe of a dead grant. */
const LOOKS_MS = [5, 5, 5, 5, 5, 5, 30, 60, 300, 600, 1_200, 3_600].map(
  (seconds) => seconds * 1_000,
)

/** Misbehaviours that wrongly say that the grant is dead. */
const DEATHS: readonly MisbehaviourName[] = [
  'invalid-grant',
  'invalid-grant-401',
  'invalid-grant-with-200',
]
/** Misbehaviours whose token has already expired. */
const BORN_DEAD: readonly MisbehaviourName[] = ['lifetime-zero', 'lifetime-negative']
/** All misbehaviours but those that end only at a deadline, which are slow. */
const QUICK = MISBEHAVIOUR_NAMES.filter(isQuick)
/** On a busy machine, an answer can take long. */
const LONG_DEADLINE_MS = 20_000

describe.concurrent('at a provider with a grace', () => {
  test.each(MISBEHAVIOUR_NAMES)(
    'at a provider with a grace, the connection recovers by itself after the misbehaviour %s',
    TIMES,
    async (name) => {
      const deadline = isQuick(name) ? { deadlineMs: LONG_DEADLINE_MS } : {}
      await using stage = await openStage({ profile: 'grace', ...deadline })
      const { met, after, types, served } = await meet(stage, name)
      expect(met.status === 'disconnected').toBe(DEATHS.includes(name))
      expect(after.status).toBe('active')
      const died = types.includes('connection.disconnected')
      expect(died, types.join(' ')).toBe(DEATHS.includes(name))
      // Once before and once after: a live token stays available meanwhile.
      expect(served).toBe(BORN_DEAD.includes(name) ? 1 : 2)
    },
  )
})

describe.concurrent('at a strict provider', () => {
  test.each(QUICK)(
    'at a strict provider, a grant ends after the misbehaviour %s only if the rotation was lost',
    TIMES,
    async (name) => {
      await using stage = await openStage({ profile: 'strict', deadlineMs: LONG_DEADLINE_MS })
      const { after, family, types, wasLost } = await meet(stage, name)
      expect(after.status).toBe(family.revoked === null ? 'active' : 'disconnected')
      const died = family.revoked !== null || types.includes('connection.disconnected')
      expect(died && !wasLost, types.join(' ')).toBe(DEATHS.includes(name))
    },
  )
})

describe.concurrent('at a provider that forbids a replay', () => {
  test.each(QUICK)(
    'at a provider that forbids a replay, no token is replayed after the misbehaviour %s',
    TIMES,
    async (name) => {
      const provider = { refreshTokens: { replay: 'never' } }
      const deadlineMs = LONG_DEADLINE_MS
      await using stage = await openStage({ profile: 'strict', provider, deadlineMs })
      const { met, family } = await meet(stage, name, { replay: 'never' })
      expect(family.revoked).toBeNull()
      if (met.status === 'disconnected' && !DEATHS.includes(name)) {
        expect(met.failure?.reason).toBe('interrupted')
      }
    },
  )
})

/**
 * Runs from the due refresh to a forced one after the misbehaviour; throws if the checker finds a
 * violation.
 */
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
