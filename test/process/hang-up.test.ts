import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { until } from '../support/until.ts'

test('a rotation is stored even if the reader that caused the refresh hangs up', async () => {
  await using stage = await openCrashStage({ provider: { profile: 'strict' } })
  await using larder = await stage.start()
  const [one] = await stage.adopt(1)
  if (one === undefined) throw new Error('no connection was imported')
  const { family } = one
  const path = `/v1/connections/${one.id}/token`
  const before = await tokenId()
  // The provider has rotated and holds its answer when the reader hangs up.
  const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
  const reading = fetch(`${stage.at.privateUrl}${path}?rejected=${before}`, {
    headers: { authorization: `Bearer ${stage.at.apiKey}` },
    signal: AbortSignal.timeout(200),
  })
  await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' })
  await stage.provider.until({ family, endpoint: 'token', phase: 'processed', count: 1 })
  // This round trip lets Larder see the hang-up before the provider answers.
  expect((await stage.api.get(`/v1/connections/${one.id}`)).status).toBe(200)
  await stage.provider.behave(held)
  await until('the flight to land', async () => (await tokenId()) !== before)

  // A strict provider revokes the grant if an old refresh token comes again.
  expect((await stage.api.post(`/v1/connections/${one.id}/refresh`)).status).toBe(200)
  const shown = await stage.provider.requests({ endpoint: 'token', family })
  expect(shown.map(({ presented }) => presented?.ordinal)).toEqual([0, 1])
  expect((await stage.provider.family(family)).revoked).toBeNull()
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)

  async function tokenId(): Promise<string> {
    const { body } = await stage.api.get(path)
    return (body as { readonly tokenId: string }).tokenId
  }
})
