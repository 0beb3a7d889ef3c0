import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewConnection, viewStoredEvent } from '../../../src/core/events/connection-view.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import type { Egress } from '../../../src/oauth/egress/egress.ts'
import { createTokenEndpoint } from '../../../src/oauth/methods/endpoint.ts'
import { configureProviders } from '../../../src/oauth/recipe/configure-providers.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { presented, results } from '../../oauth/answer/any-answer.ts'
import { ACME, openStage, settingsFor, type Stage } from '../../support/vault-stage.ts'

// For any answer to a refresh, the row, the events and the log stay sound.

const cases = presented.chain((sent) => results(sent).map((result) => ({ sent, result })))
/** Values that nearly good answers contain. */
const RECEIVED = /at-2|rt-2|<html>/
const EVERYTHING = { providers: null, userIdPrefix: null }

test('only the outcome grant_dead disconnects, and no answer is quoted in rows, events or log', async () => {
  await using stage = await openStage()
  const seen = new Set<string>()
  let [count, told] = [0, 0]
  await fc.assert(
    fc.asyncProperty(cases, async ({ sent, result }) => {
      const ports = portsOn(stage, { send: async () => result })
      const client = { id: `client-${++count}`, secret: new Secret(sent.secret) }
      const refreshToken = new Secret(`${sent.token}-${count}`)
      const { connection } = await stage.adopt({ demand: { client, refreshToken } })
      stage.observed.length = 0
      const came = await refresh(ports, connection, 'forced')
      const after = await stage.stored(connection.id)
      seen.add(after.status)
      if (after.status === 'disconnected') {
        expect(came.kind === 'failed' && came.outcome.kind).toBe('grant_dead')
      }
      const about = { after: told, limit: 100, reach: EVERYTHING }
      const events = await stage.vault.store.events(about)
      told = events.at(-1)?.sequence ?? told
      // Throws if a time is invalid.
      const view = viewConnection(after, stage.clock.now())
      const said = saidIn([view, stage.observed, events.map(viewStoredEvent)])
      expect(said).not.toMatch(RECEIVED)
      for (const secret of Object.values(sent)) expect(said.includes(secret)).toBe(false)
    }),
    { numRuns: 120 },
  )
  expect([...seen].toSorted()).toEqual(['active', 'disconnected', 'failing'])
}, 120_000)

function portsOn({ ports, provider, clock }: Stage, egress: Egress): Stage['ports'] {
  const settings = settingsFor(provider)
  const configured = configureProviders([{ id: ACME, settings, clientSecrets: [] }], 'http://x')
  const hurried = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: async () => undefined,
  }
  const endpoint = createTokenEndpoint({
    configured,
    egress,
    clock: hurried,
    sealer: ports.sealer,
  })
  return { ...ports, endpoint, clock: hurried }
}

/** Without scopes, which the provider may name freely. */
function saidIn(everything: unknown): string {
  return JSON.stringify(everything, (name, value: unknown) =>
    ['scope', 'missingScope'].includes(name) ? undefined : value,
  )
}
