import { expect, onTestFinished, test } from 'vitest'
import { type CrashStage, openCrashStage } from '../crash/crash-stage.ts'
import { storedTokensOf } from '../crash/vault-files.ts'

const APP = 'https://app.example.com/oauth'
const USER = 'user-1'

async function openStage(): Promise<CrashStage> {
  const stage = await openCrashStage({
    provider: { profile: 'strict' },
    environment: { LARDER_REDIRECT_URLS: APP },
  })
  onTestFinished(() => stage[Symbol.asyncDispose]())
  return stage
}

/** The callback parameters that the host app receives after the user consented. */
async function consent({ api }: CrashStage) {
  const callbackUrl = `${APP}/callback`
  const begun = await api.post('/v1/authorizations', {
    userId: USER,
    provider: 'acme',
    callbackUrl,
  })
  const { url } = begun.body as { readonly url: string }
  const answer = await fetch(url, { redirect: 'manual' })
  const { searchParams } = new URL(answer.headers.get('location') ?? '')
  return { userId: USER, state: searchParams.get('state'), code: searchParams.get('code') }
}

const complete = ({ api }: CrashStage, callback: unknown) =>
  api.post('/v1/authorizations/complete', callback)

const exchanges = async ({ provider }: CrashStage) =>
  (await provider.requests({ endpoint: 'token' })).length

test.each([
  ['before the provider processes the code', 'token', 'processing', 'arrived'],
  ['before the provider answers the token request', 'token', 'answer', 'processed'],
  ['before the provider names the account', 'userinfo', 'answer', 'processed'],
] as const)(
  'if Larder is killed %s, it never sends the code again, and the user can connect again',
  async (_, endpoint, before, phase) => {
    const stage = await openStage()
    const first = await stage.start()
    const callback = await consent(stage)
    await stage.provider.misbehave({ act: 'hold', before }, { endpoint })
    const completing = complete(stage, callback).catch(() => 'cut off')
    await stage.provider.until({ endpoint, count: 1, phase })
    await stage.kill(first)
    expect(await completing).toBe('cut off')
    await stage.provider.behave()

    await stage.start()
    for (let time = 0; time < 2; time++) {
      expect(await complete(stage, callback)).toMatchObject({
        status: 400,
        body: { code: 'invalid_request', nextAction: 'reauthorize' },
      })
    }
    expect(await exchanges(stage)).toBe(1)
    expect((await stage.api.get(`/v1/connections?userId=${USER}`)).body).toMatchObject({
      items: [],
    })

    expect((await complete(stage, await consent(stage))).status).toBe(200)
    expect(await exchanges(stage)).toBe(2)
    const causes = (await stage.provider.truth()).families.map(({ revoked }) => revoked?.cause)
    expect(causes).not.toContain('code_replay')
  },
)

test('a connection is stored even if Larder is killed right after it answered that the user is connected', async () => {
  const stage = await openStage()
  const first = await stage.start()
  const callback = await consent(stage)
  const completed = await complete(stage, callback)
  await stage.kill(first)
  expect(completed.status).toBe(200)

  const second = await stage.start()
  const { id } = completed.body as { readonly id: string }
  expect((await stage.api.get(`/v1/connections/${id}/token`)).status).toBe(200)
  expect((await complete(stage, callback)).status).toBe(400)
  expect(await exchanges(stage)).toBe(1)
  await stage.kill(second)
  const [family] = (await stage.provider.truth()).families
  const [stored] = await storedTokensOf(stage.at.dataDir)
  expect(family?.revoked).toBeNull()
  expect(stored?.refreshToken).toBe(family?.current)
})
