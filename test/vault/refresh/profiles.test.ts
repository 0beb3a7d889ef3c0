import { describe, expect, test } from 'vitest'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { observeStage, serveFrom } from '../../support/observe-stage.ts'
import { askUserinfo } from '../../scripted-provider/ask-provider.ts'
import { expectNoViolation } from '../../scripted-provider/checker/check.ts'
import type { ServedToken } from '../../scripted-provider/checker/observations.ts'
import type { ProfileName } from '../../scripted-provider/profiles.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

// One good refresh and one whose answer is lost, at providers of every kind. Their presets
// recognise how they refuse.

type Profile = {
  readonly name: ProfileName
  readonly provider?: Readonly<Record<string, unknown>>
  /** The status of a connection whose rotation was lost. */
  readonly lost: 'active' | 'disconnected'
}

const PROFILES: readonly Profile[] = [
  { name: 'plain', lost: 'active' },
  { name: 'strict', lost: 'disconnected' },
  { name: 'grace', lost: 'active' },
  { name: 'grace-until-used', lost: 'active' },
  { name: 'same-token', lost: 'active' },
  { name: 'slack-200', provider: { preset: 'slack' }, lost: 'disconnected' },
  { name: 'github-200', provider: { preset: 'github-app' }, lost: 'disconnected' },
]

describe.each(PROFILES)('at a provider of profile $name', ({ name, provider, lost }) => {
  const open = () => openStage({ profile: name, ...(provider && { provider }) })

  test('every refresh stores a usable access token and a refresh token for the next refresh', async () => {
    await using stage = await open()
    const adopted = await stage.adopt()
    const served: ServedToken[] = []
    for (const generation of [2, 3, 4]) {
      served.push(...(await serveFrom(stage, adopted)))
      await becomeDue(stage, adopted)
      const { grant, status } = await stage.stored(adopted.connection.id)
      expect([status, grant.generation]).toEqual(['active', generation])
      await use(stage, grant.token?.secret.expose())
    }
    await expectSound(stage, adopted, served)
  })

  test('a lost answer disconnects, with reason interrupted, only if the provider has ended the grant', async () => {
    await using stage = await open()
    const adopted = await stage.adopt()
    await stage.provider.misbehave('reset-before-answer', { next: 1 })
    await becomeDue(stage, adopted)
    const { status, failure, grant } = await stage.stored(adopted.connection.id)
    expect([status, failure?.reason]).toEqual(
      lost === 'active' ? ['active', undefined] : ['disconnected', 'interrupted'],
    )
    await use(stage, grant.token?.secret.expose())
    if (lost === 'active') await refreshNow(stage.ports, OPERATOR, adopted.connection.id)
    await expectSound(stage, adopted, await serveFrom(stage, adopted))
  })
})

/** Errors in the vendor's words, with status 200. */
describe.each(PROFILES.slice(-2))('errors of the profile $name', ({ name, provider = {} }) => {
  test.each([
    ['invalid_grant', 'disconnected', 'revoked'],
    ['invalid_client', 'active', undefined],
    ['unsupported_grant_type', 'active', undefined],
    ['temporarily_unavailable', 'failing', 'provider_unavailable'],
    ['server_error', 'failing', 'provider_unavailable'],
  ])("%s in the vendor's words leaves the connection %s", async (error, status, reason) => {
    await using stage = await openStage({ profile: name, provider })
    const adopted = await stage.adopt()
    await stage.provider.misbehave({ act: 'refuse', error })
    await becomeDue(stage, adopted)
    const after = await stage.stored(adopted.connection.id)
    expect([after.status, after.failure?.reason]).toEqual([status, reason])
    await stage.provider.behave()
    await refreshNow(stage.ports, OPERATOR, adopted.connection.id)
    await expectSound(stage, adopted, await serveFrom(stage, adopted))
  })
})

type Adopted = Awaited<ReturnType<Stage['adopt']>>

/** Waits until the token is due, and lets the schedule refresh it. */
async function becomeDue(stage: Stage, { connection: { id } }: Adopted): Promise<void> {
  const { dueAt } = await stage.stored(id)
  await stage.pass((dueAt ?? 0) - stage.clock.now() + 1_000)
  await stage.refreshDue()
}

/** Uses the token as the app does; a grace that lasts until the first use ends here. */
async function use({ provider }: Stage, accessToken: string | undefined): Promise<void> {
  await askUserinfo(provider, accessToken)
}

async function expectSound(stage: Stage, adopted: Adopted, served: readonly ServedToken[]) {
  expect(served).not.toEqual([])
  const seen = { ...(await observeStage(stage, [adopted])), served }
  expectNoViolation(await stage.provider.truth(), seen)
}
