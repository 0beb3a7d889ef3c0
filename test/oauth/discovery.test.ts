import { expect, test } from 'vitest'
import { Discovery } from '../../src/oauth/discovery.ts'
import { openEgress } from '../../src/oauth/egress.ts'
import { systemClock } from '../../src/system.ts'
import { startRawServer } from '../support/raw-server.ts'
import { startSigningProvider } from './signing-provider.ts'

const WANTED = { reach: 'loopback', accepts: () => true, withinMs: 5_000 } as const

async function open() {
  return new Discovery(await openEgress({ clock: systemClock }), systemClock)
}

test('metadata that an issuer keeps back is waited for as long as the call has left', async () => {
  await using silent = await startRawServer(() => {})
  const discovery = await open()
  const begun = performance.now()
  const issuer = `http://127.0.0.1:${silent.port}`
  const found = await discovery.metadata(issuer, { ...WANTED, withinMs: 100 })
  expect(found.kind).toBe('unavailable')
  expect(performance.now() - begun).toBeLessThan(5_000)
})

test('metadata that one provider’s rules take serves another only where its own do', async () => {
  await using issuing = await startSigningProvider()
  issuing.script.metadata = { issuer: 'https://idp.example/{tenant}' }
  const discovery = await open()
  const ask = (accepts: (issuer: string) => boolean) =>
    discovery.metadata(issuing.issuer, { ...WANTED, accepts })
  const strict = (issuer: string) => issuer === issuing.issuer
  expect((await ask(() => true)).kind).toBe('ok')
  expect((await ask(strict)).kind).toBe('misconfigured')
  expect((await ask(() => true)).kind).toBe('ok')
  expect(issuing.asked).toHaveLength(1)
})
