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

/** Describes the journeys of the wanted presets. */
export function describePresets(isWanted: (id: string) => boolean): void {
  for (const [id, dialect] of Object.entries({ ...dialects, ...variants })) {
    if (isWanted(id) && presetIds.includes(id)) describePreset(id, dialect)
  }
}

/** Describes the journey of one connection at one vendor, step by step. */
export function describePreset(id: string, dialect: Dialect, title = id): void {
  describe(title, () => {
    let stage: ContractStage
    let connection: ConnectionId
    beforeAll(async () => {
      stage = await openContractStage(id, dialect)
    })
    afterAll(() => stage[Symbol.asyncDispose]())
    const scene = () => ({ stage, connection })

    test('a link without a scope asks for the documented defaults', () =>
      journey.expectDefaults(stage))
    test('a user connects', async () => {
      connection = await journey.connectUser(stage)
    })
    test('the token is served with the header that the API expects', () =>
      journey.expectServed(stage, connection))
    if (dialect.refresh === null) describeWithoutRefresh(scene)
    else describeRefresh(dialect, scene)
    test('a reconnect keeps the connection id', () => journey.reconnect(stage, connection))
    test('a deletion revokes the tokens', () => journey.revoke(stage, connection))
    describeConnecting(dialect, scene)
  })
}

function describeRefresh({ errors }: Dialect, scene: () => Scene): void {
  test('two refreshes in a row succeed', () =>
    journey.refreshTwice(scene().stage, scene().connection))
  test.each(named(errors.temporary))(
    'a refresh answered with %s is a transient error',
    (_, answer) => journey.expectPassing(scene().stage, scene().connection, answer),
  )
  test.each(named(errors.config))(
    'a refresh answered with %s is reported as an error of the OAuth client',
    (_, answer) => journey.expectBlameOnClient(scene().stage, scene().connection, answer),
  )
  test.each(named(errors.dead))('a refresh answered with %s ends the grant', async (_, answer) => {
    const { stage, connection } = scene()
    // A forced refresh revives the connection that the test before has disconnected.
    if ((await stage.stored(connection)).status !== 'active') await journey.heal(stage, connection)
    await journey.expectDead(stage, connection, answer)
  })
}

function describeWithoutRefresh(scene: () => Scene): void {
  test('a rejected token returns reconnect_required, because it cannot be refreshed', () =>
    journey.expectNotRenewable(scene().stage, scene().connection))
}

function describeConnecting(dialect: Dialect, scene: () => Scene): void {
  const { errors, denied = [], unsupported = [], scopes } = dialect
  test.each(named(errors.code ?? [INVALID_GRANT]))(
    'a code exchange answered with %s is reported as a refused code',
    (_, answer) => journey.expectExchangeError(scene().stage, answer, 'invalid_request'),
  )
  test.each(named(errors.config.slice(0, 1)))(
    'a code exchange answered with %s is reported as an error of the OAuth client',
    (_, answer) => journey.expectExchangeError(scene().stage, answer, 'provider_misconfigured'),
  )
  const words = [
    ...['access_denied', ...denied].map((word) => [word, 'reject'] as const),
    ...unsupported.map((word) => [word, 'unsupported'] as const),
  ]
  test.each(words)(
    'a callback with error %s redirects the user to the app with error=%s',
    (word, told) => journey.expectSentBack(scene().stage, word, told),
  )
  const { withheld } = scopes ?? {}
  if (withheld === undefined) return
  test(`${withheld} is reported as missing if the user did not grant it`, () =>
    journey.expectMissing(scene().stage, withheld))
}

/** Names each error by the vendor's status and body. */
function named(answers: readonly ErrorAnswer[]): readonly (readonly [string, ErrorAnswer])[] {
  return answers.map((answer) => {
    const body = typeof answer.body === 'string' ? '' : ` ${JSON.stringify(answer.body ?? '')}`
    return [`${answer.status}${body}`.replaceAll('%', '%%').slice(0, 120), answer]
  })
}
