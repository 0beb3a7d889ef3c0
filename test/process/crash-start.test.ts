import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { storedTokensOf } from '../crash/vault-files.ts'

test('a start that replays a refresh stores the answer even if it then fails because its port is taken', async () => {
  await using stage = await openCrashStage({ provider: { profile: 'grace' } })
  const { provider, at } = stage
  const first = await stage.start()
  const [one] = await stage.adopt(1)
  if (one === undefined) throw new Error('no connection was imported')
  const { family, id } = one
  await provider.misbehave({ act: 'hold', before: 'answer' })
  void stage.api.post(`/v1/connections/${id}/refresh`).catch(() => undefined)
  await provider.until({ family, count: 1, phase: 'processed' })
  await stage.kill(first)
  await provider.behave()

  // The next start sends the refresh token again, and then finds its port taken.
  await provider.misbehave({ act: 'delay', before: 'answer', ms: 1_000 })
  await using other = createServer()
  other.listen(Number(new URL(at.privateUrl).port), '127.0.0.1')
  await once(other, 'listening')
  const failing = await stage.spawn()
  expect(await failing.ended).toBe(1)
  expect(await failing.output()).toContain('EADDRINUSE')
  expect(await failing.output()).not.toContain('refresh.broke')
  const [stored] = await storedTokensOf(at.dataDir)
  expect(stored?.refreshToken).toBe((await provider.family(family)).current)
  expect((await provider.requests({ family, endpoint: 'token' })).length).toBe(2)
})
