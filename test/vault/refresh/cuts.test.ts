import { describe, expect, test } from 'vitest'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import type { CutPoint } from '../../scripted-provider/misbehaviour.ts'
import { openStage } from '../../support/vault-stage.ts'

/** The points at which an exchange can break, and whether the provider may have processed it. */
const CUTS: readonly (readonly [CutPoint, readonly boolean[]])[] = [
  ['accept', [false]],
  ['headers', [false]],
  ['request', [false]],
  ['processing', [false, true]],
  ['status-line', [false, true]],
  ['part-of-headers', [false, true]],
  ['part-of-body', [false, true]],
  ['body', [false, true]],
]
const CASES = CUTS.flatMap(([after, isProcessed]) =>
  isProcessed.map((processed) => [after, processed ? 'carried out' : 'not carried out'] as const),
)

describe('an exchange that breaks', () => {
  // Once, the replay within two seconds succeeds; twice, the replay breaks too.
  describe.each([1, 2])('%d times', (next) => {
    test.each(CASES)(
      "a rotation survives a connection that breaks after %s (request %s) within the provider's grace",
      async (after, what) => {
        await using stage = await openStage({ profile: 'grace' })
        const { connection, family } = await stage.adopt()
        const cut = { act: 'cut', after, framing: 'close' } as const
        await stage.provider.misbehave(cut, { next, processed: what === 'carried out' })
        let result = await refresh(stage.ports, connection, 'scheduled')
        for (let failures = 0; result.kind === 'failed' && failures < next; failures++) {
          expect(result.connection.status).toBe('failing')
          stage.clock.pass((result.connection.dueAt ?? 0) - stage.clock.now())
          result = await refresh(stage.ports, result.connection, 'scheduled')
        }
        expect(result.kind).toBe('refreshed')
        const { current, revoked } = await stage.provider.family(family)
        expect(revoked).toBeNull()
        const stands = await stage.stored(connection.id)
        expect(stands).toMatchObject({ status: 'active', failure: null, attempt: null })
        expect(stands.grant.refreshToken?.open().expose()).toBe(current)
      },
    )
  })
})
