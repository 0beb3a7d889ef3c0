import { stringify } from 'yaml'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { startScriptedProvider } from '../support/scripted-provider/start-scripted-provider.ts'
import { until } from '../support/until.ts'
import { settingsFor } from '../support/vault-stage.ts'

export type Readers = {
  readonly seed: string
  readonly readers: number
  readonly answerMs: number
  readonly requests: number
  readonly served: number
  readonly differentTokens: number
  readonly revoked: boolean
}

/** Many read one expired token while the schedule and a person want it refreshed too, and the provider is slow. */
export async function readers(play: {
  readonly readers: number
  readonly answerMs: number
}): Promise<Readers> {
  await using provider = await startScriptedProvider({ profile: 'strict' })
  await using at = await makeInstallation({
    configuration: stringify({
      providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
    }),
  })
  await using larder = await startLarderProcess(at)
  const api = new LarderApi(at)
  const [grant] = await provider.mintGrants(1)
  const delay = { act: 'delay', before: 'answer', ms: play.answerMs } as const
  await provider.misbehave(delay)
  const imported = await api.post('/v1/connections', {
    userId: 'user-1',
    provider: 'acme',
    accessToken: grant?.accessToken,
    refreshToken: grant?.refreshToken,
    // So little that nobody may be served it: the schedule begins at once.
    expiresInSeconds: 1,
    accountId: 'account-1',
  })
  const { id } = imported.body as { id: string }
  const reads = Array.from({ length: play.readers }, () => api.get(`/v1/connections/${id}/token`))
  const forced = api.post(`/v1/connections/${id}/refresh`)
  const arrived = async () => (await provider.requests({ endpoint: 'token' })).length
  await until('the refresh to be at the provider', async () => (await arrived()) > 0)
  const answers = await Promise.all(reads)
  await forced
  const served = answers.filter(({ status }) => status === 200)
  const tokens = new Set(served.map(({ body }) => (body as { accessToken: string }).accessToken))
  const [family] = (await provider.truth()).families
  larder.kill('SIGTERM')
  return {
    seed: provider.seed,
    ...play,
    requests: await arrived(),
    served: served.length,
    differentTokens: tokens.size,
    revoked: family?.revoked !== null,
  }
}
