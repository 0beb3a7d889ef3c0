import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import type { Deed } from '../scripted-provider/misbehaviour.ts'
import { until } from '../support/until.ts'

const REFUSED: Deed = { act: 'refuse', error: 'invalid_client', status: 401 }
const headers = { 'retry-after': '600' }
const THROTTLED: Deed = { act: 'answer', status: 429, body: 'empty', headers }

// A wait that only memory holds would be lost at the restart.
test.each([
  ['a refusal', REFUSED, 502, 'provider_misconfigured', 30_000],
  ['a Retry-After', THROTTLED, 503, 'throttled', 600_000],
] as const)(
  'after %s, Larder sends no request with the OAuth client until the wait is over, even after a restart',
  async (_, deed, status, reason, longMs) => {
    await using stage = await openCrashStage({ provider: { profile: 'plain' } })
    const { api, provider } = stage
    const first = await stage.start()
    const [one] = await stage.adopt(1)
    await provider.misbehave(deed)
    expect(await api.post(`/v1/connections/${one?.id}/refresh`)).toMatchObject({ status })
    const [other] = await stage.adopt(1, { accessTokenSeconds: 2 })
    const path = `/v1/connections/${other?.id}/token`
    const held = { status, body: { reason } }
    await until('the token to expire', async () => (await api.get(path)).status === status)
    await stage.kill(first)
    await stage.start()
    expect(await api.get(path)).toMatchObject(held)
    expect((await api.get(`/v1/connections/${other?.id}`)).body).toMatchObject({ failure: null })
    const [sent, ...more] = await provider.requests({ endpoint: 'token' })
    expect(more).toEqual([])
    expect(
      provider.now() - (sent?.arrivedAt ?? 0),
      'the machine was too slow for this check',
    ).toBeLessThan(longMs)
  },
  60_000,
)
