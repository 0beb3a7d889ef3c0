import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { ProviderId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import type { EgressResult } from '../../../src/oauth/egress/egress.ts'
import { createTokenEndpoint } from '../../../src/oauth/methods/endpoint.ts'
import { configureProviders, presetIds } from '../../../src/oauth/recipe/configure-providers.ts'
import { one } from '../../../src/oauth/answer/read-answer.ts'
import type { TokenEndpoint } from '../../../src/ports/token-endpoint.ts'
import { systemClock } from '../../../src/observe/system-clock.ts'
import { makeRevocation } from '../../store/make-revocation.ts'
import { PRINTS } from '../endpoint-kit.ts'
import { type Presented, presented, results } from './any-answer.ts'
import { type Answered, expectHarmless, isDocumentedDeath } from './expect-harmless.ts'
import { recipeOf, settingsOf } from '../recipe/preset-kit.ts'

// For any answer of any provider, Larder returns an outcome, throws nothing and leaks nothing.

const recipes = new Map(presetIds.map((id) => [id, recipeOf(id)]))
let behindTheDoor: EgressResult
let endpoint: TokenEndpoint

/** One token endpoint for all presets; each case sets the result of its next request. */
beforeAll(() => {
  const providers = presetIds.map((id) => ({ id, settings: settingsOf(id), clientSecrets: [] }))
  const configured = configureProviders(providers, 'https://larder.example')
  const egress = { send: async ({ url }: { url: URL }) => metadataOf(url) ?? behindTheDoor }
  endpoint = createTokenEndpoint({ configured, egress, clock: systemClock, sealer: PRINTS })
})

const cases = fc
  .tuple(presented, fc.constantFrom(...presetIds))
  .chain(([sent, preset]) => results(sent).map((result) => ({ sent, preset, result })))

test('any answer gives an outcome that leaks no secret, and only a documented error gives grant_dead', async () => {
  const seen = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(cases, async ({ sent, preset, result }) => {
      behindTheDoor = result
      const request = { refreshToken: new Secret(sent.token), requestedScope: ['a', 'b'] }
      const outcome = await endpoint.refresh({ ...aboutOf(preset, sent), ...request })
      seen.set(outcome.kind, (seen.get(outcome.kind) ?? 0) + 1)
      const answer = answeredOf(result)
      expectHarmless(outcome, sent, answer)
      const recipe = recipes.get(preset)
      if (outcome.kind === 'grant_dead') {
        expect(recipe !== undefined && isDocumentedDeath(answer, recipe)).toBe(true)
      }
    }),
    { numRuns: 5_000 },
  )
  // The run proves something only if it reached every outcome.
  const kinds = [
    'answer_lost',
    'answer_unreadable',
    'client_config',
    'grant_dead',
    'not_sent',
    'ok',
    'provider_failed',
    'throttled',
    'unknown_refusal',
  ]
  expect([...seen.keys()].toSorted()).toEqual(kinds)
  expect(Math.min(...seen.values())).toBeGreaterThan(20)
}, 120_000)

test('identify and revoke return a known outcome for any answer', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ sent, preset, result }) => {
      behindTheDoor = result
      const accessToken = new Secret(sent.token)
      const told = await endpoint.identify({ ...aboutOf(preset, sent), accessToken })
      const revoked = await endpoint.revoke({
        ...makeRevocation('1'),
        ...aboutOf(preset, sent),
        accessToken,
        refreshToken: accessToken,
      })
      expect(['ok', 'unknown', 'unavailable']).toContain(told.kind)
      expect(['revoked', 'unsupported', 'failed']).toContain(revoked.kind)
    }),
    { numRuns: 1_500 },
  )
}, 120_000)

/** Parameters that these presets require. */
const PARAMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  auth0: { domain: 'acme.eu.auth0.com' },
  freshworks: { orgHost: 'acme.myfreshworks.com' },
  keycloak: { realm: 'main' },
  okta: { domain: 'acme.okta.com' },
  shopify: { shop: 'acme' },
  zendesk: { subdomain: 'acme' },
}

function aboutOf(preset: string, { secret }: Presented) {
  const client = { id: 'client-1', secret: new Secret(secret) }
  return { provider: preset as ProviderId, client, params: PARAMS[preset] ?? {}, providerData: {} }
}

function answeredOf(result: EgressResult): Answered | null {
  if (result.kind !== 'answered') return null
  return { ...result, contentType: one(result.headers['content-type']) ?? '' }
}

/** Only token answers are random; metadata is always good. */
function metadataOf({ href, origin }: URL): EgressResult | null {
  const [issuer] = href.split('/.well-known/')
  if (issuer === href) return null
  const at = (path: string) => `${origin}/${path}`
  const metadata = {
    issuer,
    authorization_endpoint: at('authorize'),
    token_endpoint: at('token'),
    userinfo_endpoint: at('userinfo'),
    revocation_endpoint: at('revoke'),
    jwks_uri: at('jwks'),
  }
  const body = Buffer.from(JSON.stringify(metadata))
  return { kind: 'answered', sentAt: 0, status: 200, headers: {}, body, complete: true }
}
