import { expect, test } from 'vitest'
import { askRefresh } from '../support/scripted-provider/ask-provider.ts'
import { startScriptedProvider } from '../support/scripted-provider/start-scripted-provider.ts'

test('runs in a process of its own and tells its truth', async () => {
  await using provider = await startScriptedProvider({ seed: 'a seed', profile: 'strict' })
  expect(provider.pid).not.toBe(process.pid)
  const [grant] = await provider.mintGrants(1)
  const told = await askRefresh(provider, grant?.refreshToken)
  const truth = await provider.truth()
  expect(truth.families[0]?.current).toBe(told.json['refresh_token'])
  expect(truth.requests).toMatchObject([{ endpoint: 'token', family: 'f0', told: 'plainly' }])
  expect(truth.faults).toEqual([])
  expect(provider.describe()).toContain('a seed')
})
