import { randomBytes } from 'node:crypto'
import { stringify } from 'yaml'
import { expect, test } from 'vitest'
import { type Canary, found, foundInFiles } from '../support/canary.ts'
import { startIdentityProvider } from '../identity-provider/identity-provider.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { until } from '../support/until.ts'
import { walkLink } from '../support/walk-link.ts'
import { type Delivery, openReceiver, type Receiver, verified } from './receiver.ts'

const REDIRECT_URL = 'https://app.example.com/oauth'
const SECRET = `whsec_${randomBytes(32).toString('base64')}`
/** A link, a refresh, and two starts and stops of a process. */
const WITHIN_MS = 60_000

test(
  'the daemon delivers events, and a receiver that never answers delays neither other webhooks nor the end of the process',
  async () => {
    await using provider = await startIdentityProvider({ autoConsent: true })
    await using good = await openReceiver()
    await using hanging = await openReceiver(() => null)
    await using at = await makeInstallation({
      configuration: configurationFor(provider, { good, hanging }),
      environment: { LARDER_LOG_LEVEL: 'trace', LARDER_REDIRECT_URLS: REDIRECT_URL },
    })
    const api = new LarderApi(at)
    const imported = secret('imported')

    {
      await using larder = await startLarderProcess(at)
      const id = await connect(api)
      await until('one receiver to have a delivery open', () => hanging.deliveries.length > 0)
      const began = performance.now()
      expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
      expect((await api.get(`/v1/connections/${id}/token`)).status).toBe(200)
      expect(performance.now() - began).toBeLessThan(3_000)
      await importAndDelete(api, imported)
      await until('all events to be delivered', () => good.deliveries.length === 3)
      larder.kill('SIGTERM')
      const stopping = performance.now()
      expect(await larder.ended).toBe(0)
      expect(performance.now() - stopping).toBeLessThan(5_000)
    }

    hanging.react = () => 204
    await using larder = await startLarderProcess(at)
    await until('the other receiver to accept all events', () => hanging.accepted().length === 3)
    expect(typesOf(good.deliveries)).toEqual([
      'connection.created',
      'connection.created',
      'connection.deleted',
    ])
    const told = [...good.deliveries, ...hanging.deliveries]
    const bodies = told.map(({ body }) => body)
    expect(new Set(bodies).size).toBe(3)
    for (const delivery of told) expect(() => verified(delivery, SECRET)).not.toThrow()
    const list = await api.get('/v1/webhooks')
    expect(list.text).toContain('"status":"active"')

    const canaries = [
      ...issuedBy(provider),
      imported,
      { name: 'webhook secret', value: SECRET },
      { name: 'client secret', value: provider.clientSecret },
      { name: 'api key', value: at.apiKey },
    ]
    for (const text of [...bodies, JSON.stringify(told.map(({ headers }) => headers)), list.text]) {
      expect(found(canaries, text)).toEqual([])
    }
    const written = [...canaries, { name: 'query of a receiver', value: 'of-the-receiver' }]
    expect(found(written, await larder.output())).toEqual([])
    expect(await foundInFiles(written, at.dataDir)).toEqual([])
  },
  WITHIN_MS,
)

async function connect(api: LarderApi): Promise<string> {
  const demand = { userId: 'ann', provider: 'acme', redirectUrl: REDIRECT_URL }
  const { url } = await api.createLink(demand)
  const arrived = await walkLink(url)
  return arrived.searchParams.get('connectionId') ?? ''
}

async function importAndDelete(api: LarderApi, refreshToken: Canary): Promise<void> {
  const { body } = await api.post('/v1/connections', {
    userId: 'ben',
    provider: 'acme',
    accessToken: `${refreshToken.value}-access`,
    refreshToken: refreshToken.value,
    expiresInSeconds: 900,
    accountId: 'a-2',
  })
  const { id } = body as { id: string }
  await api.ask('DELETE', `/v1/connections/${id}`)
}

function typesOf(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ event }) => event.type).toSorted()
}

function issuedBy(provider: Awaited<ReturnType<typeof startIdentityProvider>>): readonly Canary[] {
  return (['RefreshToken', 'AccessToken', 'AuthorizationCode'] as const).flatMap((kind) =>
    provider.issued(kind).map((value, i) => ({ name: `${kind} ${i}`, value })),
  )
}

function secret(name: string): Canary {
  return { name, value: randomBytes(24).toString('base64url') }
}

function configurationFor(
  provider: Pick<Parameters<typeof issuedBy>[0], 'issuer' | 'clientId' | 'clientSecret'>,
  receivers: Readonly<Record<string, Receiver>>,
): string {
  const { issuer, clientId, clientSecret } = provider
  return stringify({
    providers: {
      acme: { issuer, clientId, clientSecret, scopes: ['openid', 'email', 'offline_access'] },
    },
    webhooks: Object.entries(receivers).map(([id, { url }]) => ({ id, url, secret: SECRET })),
  })
}
