import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { until } from '../support/until.ts'

test.each([
  ['less than the deadline', 25, 1_500],
  ['more than the deadline', 1, 3_000],
])(
  'an answer that arrives while the process is suspended for %s is used',
  async (_, deadlineSeconds, ms) => {
    await using stage = await openCrashStage({
      provider: { profile: 'strict' },
      refresh: { deadlineSeconds, leaseSeconds: 60 },
    })
    const larder = await stage.start()
    const [one] = await stage.adopt(1)
    if (one === undefined) throw new Error('no connection was imported')
    const { family, id } = one
    await stage.provider.misbehave({ act: 'hold', before: 'answer' })
    const refreshing = stage.api.post(`/v1/connections/${id}/refresh`)
    await stage.provider.until({ family, count: 1, phase: 'processed' })
    larder.kill('SIGSTOP')
    await stage.provider.behave()
    await stage.provider.until({ family, count: 1, phase: 'answered' })
    await wait(ms)
    larder.kill('SIGCONT')
    expect((await refreshing).status).toBe(200)
    expect((await stage.provider.requests({ family, endpoint: 'token' })).length).toBe(1)
    expect((await stage.api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
    expect((await stage.provider.family(family)).revoked).toBeNull()
  },
)

test('a token that expired while the process was suspended is served neither to waiting nor to later readers', async () => {
  await using stage = await openCrashStage({
    provider: { profile: 'strict', accessTokenSeconds: 6 },
  })
  const { api, provider } = stage
  const larder = await stage.start()
  const [one] = await stage.adopt(1)
  if (one === undefined) throw new Error('no connection was imported')
  const read = () => api.get(`/v1/connections/${one.id}/token`)
  expect((await read()).status).toBe(200)
  larder.kill('SIGSTOP')
  const asked = Array.from({ length: 5 }, read)
  const { accessTokens } = await provider.family(one.family)
  const before = (await provider.requests()).at(-1)?.id ?? 0
  const end = accessTokens.at(-1)?.expiresAt ?? 0
  await until('the token to expire', () => provider.now() > end)
  // On a slow machine, the next token might otherwise expire too.
  await provider.setAccessTokenSeconds(600)
  larder.kill('SIGCONT')
  const answers = await Promise.all([...asked, ...Array.from({ length: 5 }, read)])
  const tokens = answers.map(({ body }) => (body as { accessToken?: string }).accessToken)
  const [latest] = (await provider.family(one.family)).accessTokens.slice(-1)
  expect(new Set(tokens)).toEqual(new Set([latest?.token]))
  expect(latest?.expiresAt).toBeGreaterThan(provider.now())
  expect((await provider.requests({ after: before })).length).toBe(1)
  expect((await provider.family(one.family)).revoked).toBeNull()
}, 90_000)
