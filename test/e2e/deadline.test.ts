import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { startRawServer } from '../odd-servers/raw-server.ts'

test('a refresh at a silent provider ends at the configured deadline, within the lease', async () => {
  await using provider = await startRawServer(() => undefined)
  const at = { authorizationEndpoint: `${provider.url}/a`, tokenEndpoint: `${provider.url}/t` }
  const acme = { ...at, clientId: 'c', clientSecret: 's' }
  const refresh = { deadlineSeconds: 1, leaseSeconds: 8 }
  await using installation = await makeInstallation({
    configuration: stringify({ providers: { acme }, refresh }),
  })
  await using running = new AsyncDisposableStack()
  running.use(await startLarderProcess(installation))
  const api = new LarderApi(installation)
  const tokens = { accessToken: 'at-1', refreshToken: 'rt-1', expiresInSeconds: 3600 }
  const imported = await api.post('/v1/connections', { userId: '42', provider: 'acme', ...tokens })
  const { id } = imported.body as { id: string }
  const begun = performance.now()
  const { status } = await api.post(`/v1/connections/${id}/refresh`)
  expect(status).toBe(503)
  // One request and its one replay.
  expect(provider.requests).toHaveLength(2)
  expect(performance.now() - begun).toBeLessThan(refresh.leaseSeconds * 1_000)
})
