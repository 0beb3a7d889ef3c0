import { expect, test } from 'vitest'
import { askRefresh } from '../ask-provider.ts'
import { check } from '../checker/check.ts'
import { createScriptedProvider } from '../create-scripted-provider.ts'
import type { MintedGrant } from '../commands.ts'
import { deedOf, MISBEHAVIOUR_NAMES } from '../misbehaviours/table.ts'
import type { ScriptedProvider } from '../scripted-provider.ts'

const GRANTS = 30
const ROUNDS = 20

/** Refreshes once. Returns the token to use next, or null if there was no usable answer. */
async function refreshOnce(provider: ScriptedProvider, held: string): Promise<string | null> {
  const told = await askRefresh(provider, held, AbortSignal.timeout(2_000)).catch(() => null)
  if (told === null || typeof told.json['access_token'] !== 'string') return null
  const next = told.json['refresh_token']
  return typeof next === 'string' && next !== '' ? next : held
}

/** Refreshes in turn, with one replay after an unclear answer and then a back-off. */
async function carefully(provider: ScriptedProvider, grant: MintedGrant): Promise<string> {
  let held = grant.refreshToken
  for (let round = 0; round < ROUNDS; round++) {
    held = (await refreshOnce(provider, held)) ?? (await refreshOnce(provider, held)) ?? held
    await provider.advanceTime(10_000)
  }
  for (;;) {
    const next = await refreshOnce(provider, held)
    if (next !== null) return next
    await provider.advanceTime(10_000)
  }
}

/** Without the misbehaviours that never end, which would only slow this test down. */
const ENDING = MISBEHAVIOUR_NAMES.filter((name) => {
  const { deed } = deedOf(name)
  if (deed.act !== 'cut') return ['answer', 'refuse', 'edit'].includes(deed.act)
  return deed.ending !== 'open' && deed.after !== 'accept' && deed.after !== 'headers'
})

test.each(['grace', 'grace-until-used', 'plain', 'same-token'] as const)(
  'a careful client of a %s provider with every misbehaviour violates no invariant',
  async (profile) => {
    await using provider = await createScriptedProvider({ profile, graceMs: 3_600_000 })
    for (const name of ENDING) {
      await provider.misbehave(name, { fraction: 0.004, forMs: 10_000 * GRANTS * ROUNDS })
    }
    const grants = await provider.mintGrants(GRANTS)
    const stored = await Promise.all(
      grants.map(async (grant) => ({
        family: grant.family,
        refreshToken: await carefully(provider, grant),
      })),
    )
    const truth = await provider.truth()
    expect(truth.requests.filter(({ misbehaviour }) => misbehaviour !== null)).not.toEqual([])
    expect(check(truth, { stored }, { backoffMs: 0 }), provider.describe()).toEqual([])
  },
)

test('a client that refreshes twice at once violates I1 and loses its grant', async () => {
  await using provider = await createScriptedProvider({ profile: 'strict' })
  const [grant] = await provider.mintGrants(1)
  const hold = await provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
  const first = askRefresh(provider, grant?.refreshToken)
  await provider.until({ count: 1, phase: 'processed' })
  await askRefresh(provider, grant?.refreshToken)
  await provider.behave(hold)
  await first
  const truth = await provider.truth()
  expect(truth.families[0]?.revoked?.cause).toBe('reuse')
  expect(check(truth).map(({ invariant }) => invariant)).toEqual(['I1'])
})

test('a client that ignores a rotation violates I2 and I9', async () => {
  await using provider = await createScriptedProvider({ profile: 'grace' })
  const [grant] = await provider.mintGrants(1)
  await askRefresh(provider, grant?.refreshToken)
  await askRefresh(provider, grant?.refreshToken)
  const stored = [{ family: 'f0' as const, refreshToken: grant?.refreshToken ?? '' }]
  const violations = check(await provider.truth(), { stored })
  expect(violations.map(({ invariant }) => invariant)).toEqual(['I2', 'I9'])
})
