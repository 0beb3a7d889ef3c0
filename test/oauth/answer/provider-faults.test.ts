import { expect, test } from 'vitest'
import { startRawServer } from '../../odd-servers/raw-server.ts'
import { beginAt, endpointFor, ID, redeem } from '../endpoint-kit.ts'
import { startSigningProvider } from './signing-provider.ts'

const MINUTE = 60_000

/** The URL of a port on which nothing listens. */
async function deadUrl(): Promise<string> {
  await using server = await startRawServer(() => {})
  return server.url
}

function clockAt(start: number) {
  const clock = { at: start, now: () => clock.at, monotonic: () => clock.at, sleep: async () => {} }
  return clock
}

test.each([
  ['answers nothing', { metadataAt: '/nowhere' }, 'misconfigured'],
  ['names another issuer', { metadata: { issuer: 'https://other.example' } }, 'misconfigured'],
] as const)(
  'a provider whose issuer %s is reported as faulty until the schedule fetches valid metadata',
  async (_, script, reason) => {
    await using issuing = await startSigningProvider()
    const right = { ...issuing.script }
    Object.assign(issuing.script, script)
    const clock = clockAt(1_000_000)
    const { endpoint } = await endpointFor({ issuer: issuing.issuer }, { clock })
    expect(endpoint.faultOf(ID)).toBeNull()
    await endpoint.askIssuers()
    expect(endpoint.faultOf(ID)).toEqual({ reason, since: 1_000_000, retryAt: 1_000_000 + MINUTE })
    clock.at += MINUTE
    await endpoint.askIssuers()
    expect(endpoint.faultOf(ID)).toMatchObject({ since: 1_000_000, retryAt: clock.at + MINUTE })
    Object.assign(issuing.script, right)
    await endpoint.askIssuers()
    expect(endpoint.faultOf(ID)).toBeNull()
    const count = issuing.asked.length
    await endpoint.askIssuers()
    expect(issuing.asked).toHaveLength(count)
  },
)

test("a provider's fault ends when a user starts a link and the issuer returns valid metadata", async () => {
  await using issuing = await startSigningProvider()
  issuing.script.metadataAt = '/nowhere'
  const settings = await endpointFor({ issuer: issuing.issuer })
  await expect(beginAt(settings)).rejects.toThrow('the issuer answers no metadata')
  expect(settings.endpoint.faultOf(ID)).toMatchObject({ reason: 'misconfigured' })
  issuing.script.metadataAt = '/.well-known/openid-configuration'
  await beginAt(settings)
  expect(settings.endpoint.faultOf(ID)).toBeNull()
})

test('an unreachable token endpoint is reported as a fault for ten minutes', async () => {
  const url = await deadUrl()
  const clock = clockAt(1_000_000)
  const settings = { authorizationEndpoint: `${url}/authorize`, tokenEndpoint: `${url}/token` }
  const stage = await endpointFor(settings, { clock })
  const { verifier, nonce, scope } = await beginAt(stage)
  await redeem(stage.endpoint, { verifier, nonce, scope }, { code: 'c', state: 'state-1' })
  const fault = { reason: 'unavailable', since: 1_000_000, retryAt: null }
  expect(stage.endpoint.faultOf(ID)).toEqual(fault)
  clock.at += 10 * MINUTE - 1
  expect(stage.endpoint.faultOf(ID)).toEqual(fault)
  clock.at++
  expect(stage.endpoint.faultOf(ID)).toBeNull()
})

test("an issuer that depends on a connection's parameter is not reported as a fault of the provider", async () => {
  const url = await deadUrl()
  const issuer = `${url}/{tenant}`
  const tenant = { description: 'the tenant', pattern: '[a-z]+', setBy: 'anyone' }
  const stage = await endpointFor({ issuer, params: { tenant } })
  await expect(beginAt(stage, { params: { tenant: 'a' } })).rejects.toThrow()
  await expect(beginAt(stage)).rejects.toThrow()
  await stage.endpoint.askIssuers()
  expect(stage.endpoint.faultOf(ID)).toBeNull()
})
