import { expect, test } from 'vitest'
import { endpointFor, refreshWith } from '../endpoint-kit.ts'
import { claimsFor, jwt, startSigningProvider } from '../answer/signing-provider.ts'

const REALM = { description: 'the realm', pattern: '[a-z]*', setBy: 'anyone', default: '' }

/** An issuer with realms in its path; only the realm at the root exists. */
async function openRealms() {
  const issuing = await startSigningProvider()
  issuing.script.metadata = { issuer: `${issuing.issuer}/` }
  issuing.script.idToken = (issuer) => jwt(claimsFor(`${issuer}/`))
  const settings = { issuer: `${issuing.issuer}/{realm}`, params: { realm: REALM } }
  return { issuing, ...(await endpointFor(settings)) }
}

test("missing metadata at an address from a connection's own parameter affects that connection only", async () => {
  const { issuing, endpoint } = await openRealms()
  await using _ = issuing
  const gone = await refreshWith(endpoint, 'rt', { params: { realm: 'gone' } })
  expect(gone).toMatchObject({ kind: 'client_config', isOwn: true })
  expect(await refreshWith(endpoint, 'rt')).toMatchObject({ kind: 'ok' })
})

test("a 404 is not the connection's own fault if its parameter is not part of the address", async () => {
  await using issuing = await startSigningProvider()
  const { endpoint } = await endpointFor({
    tokenEndpoint: `${issuing.issuer}/gone`,
    authorizationEndpoint: `${issuing.issuer}/auth`,
    params: { realm: REALM },
  })
  const gone = await refreshWith(endpoint, 'rt', { params: { realm: 'gone' } })
  expect(gone).toEqual({ kind: 'client_config', detail: expect.any(String) as string })
})
