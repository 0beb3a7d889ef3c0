import { expect, test } from 'vitest'
import { beginAt, endpointFor, refreshWith } from '../endpoint-kit.ts'
import { startSigningProvider } from '../answer/signing-provider.ts'

const BAD = [
  'http://idp.example/auth',
  'http://10.0.0.8/auth',
  'javascript:alert(document.domain)//',
  'data:text/html,hello',
  'file:///etc/passwd',
  'https://ann:secret@idp.example/auth',
  'https://ann@idp.example/auth',
  'https://idp.example/auth#fragment',
  'https://idp.example/auth#',
  '//idp.example/auth',
  'auth',
  '',
  5,
  ['https://idp.example/auth'],
]
const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'revocation_endpoint',
]
const CASES = ENDPOINTS.flatMap((name) => BAD.map((value) => [name, value] as const))

test.each(CASES)('metadata with %s %j is rejected before anything is sent', async (name, value) => {
  await using provider = await startSigningProvider()
  provider.script.metadata = { [name]: value }
  const party = await endpointFor({ issuer: provider.issuer })
  const refused = beginAt(party)
  await expect(refused).rejects.toMatchObject({
    code: 'provider_misconfigured',
    message: expect.stringMatching(/^the \w+ endpoint must be an https URL/),
  })
  await expect(refused).rejects.not.toMatchObject({
    message: expect.stringMatching(/secret|idp\.example|alert/),
  })
  expect(await refreshWith(party.endpoint, 'rt')).toMatchObject({ kind: 'client_config' })
  expect(provider.asked).toEqual(['/.well-known/openid-configuration'])
})

test('an endpoint in the settings replaces a bad endpoint in the metadata', async () => {
  await using provider = await startSigningProvider()
  provider.script.metadata = { authorization_endpoint: 'javascript:alert(1)' }
  const authorizationEndpoint = `${provider.issuer}/auth`
  const party = await endpointFor({ issuer: provider.issuer, authorizationEndpoint })
  expect((await beginAt(party)).url).toMatch(authorizationEndpoint)
})
