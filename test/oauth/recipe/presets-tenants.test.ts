import { expect, test } from 'vitest'
import { isRecord } from '../../../src/core/base/json-path.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { parseProvider, presetIds } from '../../../src/oauth/recipe/configure-providers.ts'
import { endpointFor } from '../endpoint-kit.ts'
import { recipeOf, settingsOf } from './preset-kit.ts'

// Some behaviour is a choice of each tenant. The preset holds the safe value; the operator can set
// the real one.

function configured(id: string, settings: Readonly<Record<string, unknown>> = {}) {
  const own = { ...settingsOf(id), ...settings }
  const result = parseProvider({ id, settings: own, clientSecrets: [] })
  if (result.kind !== 'ok') throw new Error(result.problems.join())
  return result.parsed.recipe
}

test.each([
  ['keycloak', {}, { replay: 'never', rotation: 'sometimes' }],
  ['keycloak', { refreshTokenRotation: 'off' }, { replay: 'allowed', rotation: 'none' }],
  ['keycloak', { refreshTokenRotation: 'on' }, { replay: 'never', rotation: 'single-use' }],
  ['salesforce', {}, { replay: 'never', rotation: 'sometimes', idleSeconds: 2_592_000 }],
  [
    'salesforce',
    { refreshTokenRotation: 'off' },
    { replay: 'allowed', rotation: 'none', idleSeconds: null },
  ],
  ['salesforce-sandbox', { refreshTokenRotation: 'off' }, { replay: 'allowed' }],
  ['auth0', {}, { replay: 'never' }],
  ['auth0', { refreshTokenRotation: 'off' }, { replay: 'allowed', rotation: 'none' }],
  ['okta', {}, { lifetimeSeconds: 7_776_000, idleSeconds: null }],
  ['okta', { authorizationServer: '/oauth2/default' }, { idleSeconds: 604_800 }],
  // What the operator writes out wins over what a parameter chooses.
  [
    'keycloak',
    { refreshTokenRotation: 'off', refreshTokens: { replay: 'never' } },
    { replay: 'never' },
  ],
])('the preset %s with %j has the refresh-token rules %j', (id, settings, expected) => {
  expect(configured(id, settings).refreshTokens).toMatchObject(expected)
})

test('Larder assumes that a revocation at Auth0 ends all grants unless the settings say otherwise', () => {
  expect(configured('auth0').revocation?.reach).toBe('account')
  expect(configured('auth0', { revocationDeletesGrant: 'on' }).revocation?.reach).toBe('account')
  expect(configured('auth0', { revocationDeletesGrant: 'off' }).revocation?.reach).toBe('token')
})

test('a parameter value for which the preset has no case is rejected', () => {
  const settings = { ...settingsOf('keycloak'), refreshTokenRotation: 'perhaps' }
  expect(parseProvider({ id: 'keycloak', settings, clientSecrets: [] })).toEqual({
    kind: 'problems',
    problems: [
      'providers.keycloak.refreshTokenRotation: does not match the pattern of this parameter',
    ],
  })
})

test.each(presetIds)(
  'every case of the preset %s belongs to a declared parameter and parses',
  (id) => {
    const { byParam, params } = recipeOf(id)
    for (const [name, cases] of Object.entries(byParam)) {
      expect(Object.keys(params)).toContain(name)
      for (const value of Object.keys(cases)) {
        expect(isRecord(configured(id, { [name]: value }))).toBe(true)
      }
    }
  },
)

test.each([
  ['login.microsoftonline.com', 'graph.microsoft.com'],
  ['login.microsoftonline.us', 'graph.microsoft.us'],
  ['login.partner.microsoftonline.cn', 'microsoftgraph.chinacloudapi.cn'],
])("at the cloud of %s, Microsoft's accounts are looked up at %s", async (host, graph) => {
  const asked: string[] = []
  const { endpoint, provider } = await endpointFor(
    { preset: 'microsoft', authorityHost: host },
    {
      addressesOf: (name) => {
        asked.push(name)
        return Promise.resolve([])
      },
    },
  )
  await endpoint.identify({
    provider: provider.id,
    client: null,
    params: {},
    providerData: {},
    accessToken: new Secret('at'),
  })
  expect(asked).toEqual([graph])
})

test.each(['ae', 'sg'])('a user of the Zoho data centre .%s can connect', (tld) => {
  const { keep, params } = recipeOf('zoho')
  const host = `accounts.zoho.${tld}`
  expect(host).toMatch(new RegExp(`^(?:${params['accountsHost']?.pattern})$`))
  expect(`https://${host}`).toMatch(new RegExp(`^(?:${keep['accountsServer']?.pattern})$`))
})
