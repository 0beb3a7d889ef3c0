import { afterAll, beforeAll, describe, test } from 'vitest'
import type { ConnectionId } from '../../src/core/base/ids.ts'
import { presetIds } from '../../src/oauth/recipe/configure-providers.ts'
import { INVALID_GRANT } from './answers.ts'
import { type ContractStage, openContractStage } from './contract-stage.ts'
import type { Dialect, ErrorAnswer } from './dialect.ts'
import { dialects } from './dialects/index.ts'
import { variants } from './dialects/variants.ts'
import * as journey from './journey.ts'

type Scene = { readonly stage: ContractStage; readonly connection: ConnectionId }

/** The journeys of those presets that there are. */
export function describePresets(isWanted: (id: string) => boolean): void {
  for (const [id, dialect] of Object.entries({ ...dialects, ...variants })) {
    if (isWanted(id) && presetIds.includes(id)) describePreset(id, dialect)
  }
}

/** The whole journey of one connection at one vendor, step by step. */
export function describePreset(id: string, dialect: Dialect, title = id): void {
  describe(title, () => {
    let stage: ContractStage
    let connection: ConnectionId
    beforeAll(async () => {
      stage = await openContractStage(id, dialect)
    })
    afterAll(() => stage[Symbol.asyncDispose]())
    const scene = () => ({ stage, connection })

    test('asks for what the vendor documents where a link names no scope', () =>
      journey.expectDefaults(stage))
    test('connects', async () => {
      connection = await journey.connectUser(stage)
    })
    test('serves the token as the API wants it', () => journey.expectServed(stage, connection))
    if (dialect.refresh === null) describeWithoutRefresh(scene)
    else describeRefresh(dialect, scene)
    test('reconnects under the same id', () => journey.reconnect(stage, connection))
    test('is told to forget', () => journey.revoke(stage, connection))
    describeConnecting(dialect, scene)
  })
}

function describeRefresh({ errors }: Dialect, scene: () => Scene): void {
  test('refreshes, and again with what the first refresh brought', () =>
    journey.refreshTwice(scene().stage, scene().connection))
  test.each(named(errors.temporary))('takes %s for something that passes', (_, answer) =>
    journey.expectPassing(scene().stage, scene().connection, answer),
  )
  test.each(named(errors.config))('blames the client for %s', (_, answer) =>
    journey.expectBlameOnClient(scene().stage, scene().connection, answer),
  )
  test.each(named(errors.dead))('takes %s for the end of the grant', async (_, answer) => {
    const { stage, connection } = scene()
    // What ended may have been a mistake of the vendor's: it heals when asked to.
    if ((await stage.stored(connection)).status !== 'active') await journey.heal(stage, connection)
    await journey.expectDead(stage, connection, answer)
  })
}

function describeWithoutRefresh(scene: () => Scene): void {
  test('says that a token which the API refuses cannot be renewed', () =>
    journey.expectNotRenewable(scene().stage, scene().connection))
}

function describeConnecting(dialect: Dialect, scene: () => Scene): void {
  const { errors, denied = [], unsupported = [], scopes } = dialect
  test.each(named(errors.code ?? [INVALID_GRANT]))('takes %s for a refused code', (_, answer) =>
    journey.expectExchangeError(scene().stage, answer, 'invalid_request'),
  )
  test.each(named(errors.config.slice(0, 1)))(
    'takes %s of an exchange for the operator’s',
    (_, answer) => journey.expectExchangeError(scene().stage, answer, 'provider_misconfigured'),
  )
  const words = [
    ...['access_denied', ...denied].map((word) => [word, 'reject'] as const),
    ...unsupported.map((word) => [word, 'unsupported'] as const),
  ]
  test.each(words)('tells the app of %s on the callback: %s', (word, told) =>
    journey.expectSentBack(scene().stage, word, told),
  )
  const { withheld } = scopes ?? {}
  if (withheld === undefined) return
  test(`tells that ${withheld} was not granted`, () =>
    journey.expectMissing(scene().stage, withheld))
}

/** With a name for people: the error as the vendor spells it. */
function named(answers: readonly ErrorAnswer[]): readonly (readonly [string, ErrorAnswer])[] {
  return answers.map((answer) => {
    const body = typeof answer.body === 'string' ? '' : ` ${JSON.stringify(answer.body ?? '')}`
    return [`${answer.status}${body}`.replaceAll('%', '%%').slice(0, 120), answer]
  })
}
