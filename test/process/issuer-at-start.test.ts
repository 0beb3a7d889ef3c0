import { expect, test } from 'vitest'
import { startLarder } from '../support/start-larder.ts'
import { openBlackHole } from '../odd-servers/black-hole.ts'
import { until } from '../support/until.ts'

test('the daemon is ready before it logs that an issuer cannot be reached', async () => {
  await using hole = await openBlackHole('127.0.0.2')
  const dead = { clientId: 'c', clientSecret: 's' }
  await using larder = await startLarder({
    providers: {
      // A black hole: the request takes until its timeout.
      silent: { ...dead, issuer: `http://127.0.0.2:${hole.port}` },
      private: { ...dead, issuer: 'https://10.0.0.8' },
    },
    redirectUrls: ['https://app.example.com/oauth'],
  })
  // `startLarder` has waited for /readyz.
  expect((await larder.api('GET', '/readyz')).status).toBe(200)
  const told = async () =>
    (await larder.output())
      .split('\n')
      .filter((line) => line.includes('provider.issuer_unreachable'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect((await told()).map(({ provider }) => provider)).not.toContain('silent')
  await until('both issuers to be logged', async () => (await told()).length === 2)
  const details = Object.fromEntries((await told()).map((line) => [line['provider'], line]))
  expect(details).toMatchObject({
    silent: { level: 'warn', detail: expect.stringContaining('no connection to the host in time') },
    private: { detail: expect.stringContaining('set allowPrivateNetwork: true') },
  })
})
