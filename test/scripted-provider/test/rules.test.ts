import { expect, test } from 'vitest'
import { askRefresh, askUserinfo, post } from '../ask-provider.ts'
import { createScriptedProvider } from '../create-scripted-provider.ts'
import { MISBEHAVIOUR_NAMES } from '../misbehaviours/table.ts'
import type { When } from '../rules.ts'
import type { ScriptedProvider } from '../scripted-provider.ts'

/** Refreshes three grants in turn, four times each. Marks the requests that the rule applied to. */
async function struck(when: When, seed = 'rules'): Promise<string> {
  await using provider = await createScriptedProvider({ profile: 'plain', seed })
  await provider.mintGrants(3)
  await provider.misbehave('status-503', when)
  await rounds(provider, 4)
  return marks(provider)
}

async function rounds(provider: ScriptedProvider, count: number): Promise<void> {
  const { families } = await provider.truth()
  for (let round = 0; round < count; round++) {
    for (const { current } of families) await askRefresh(provider, current)
  }
}

async function marks(provider: ScriptedProvider): Promise<string> {
  const requests = await provider.requests()
  return requests.map(({ misbehaviour }) => (misbehaviour === null ? '.' : 'x')).join('')
}

test.each<[string, When, string]>([
  ['all requests', {}, 'xxxxxxxxxxxx'],
  ['the next four requests', { next: 4 }, 'xxxx........'],
  ['the requests of one family', { family: 'f1' }, '.x..x..x..x.'],
  ['the requests of two families', { family: ['f0', 'f2'] }, 'x.xx.xx.xx.x'],
  ['the next two requests of a family', { family: 'f1', next: 2 }, '.x..x.......'],
  ['the first two requests of each family', { nextOfEach: 2 }, 'xxxxxx......'],
  ['only the requests of another endpoint', { endpoint: 'userinfo' }, '............'],
  ['only the requests of another grant type', { grantType: 'authorization_code' }, '............'],
  ['refreshes only', { grantType: 'refresh_token' }, 'xxxxxxxxxxxx'],
])('a rule applies to %s', async (_, when, expected) => {
  expect(await struck(when)).toBe(expected)
})

test('a rule applies only within its time span', async () => {
  await using provider = await createScriptedProvider({ profile: 'plain' })
  await provider.mintGrants(1)
  await provider.misbehave('status-503', { afterMs: 60_000, forMs: 60_000 })
  for (const ms of [0, 59_000, 2_000, 58_000, 2_000]) {
    await provider.advanceTime(ms)
    await rounds(provider, 1)
  }
  expect(await marks(provider)).toBe('..xx.')
})

test('a rule with a fraction applies at random, and the same seed gives the same result', async () => {
  const first = await struck({ fraction: 0.5 }, 'one seed')
  expect(first).toMatch(/x/)
  expect(first).toMatch(/\./)
  expect(await struck({ fraction: 0.5 }, 'one seed')).toBe(first)
  expect(await struck({ fraction: 0.5 }, 'another seed')).not.toBe(first)
})

test('a rule with a fraction applies to one family regardless of other families', async () => {
  await using provider = await createScriptedProvider({ profile: 'plain', seed: 'one seed' })
  await provider.mintGrants(3)
  await provider.misbehave('status-503', { fraction: 0.5 })
  const { families } = await provider.truth()
  for (const { current } of families.toReversed()) {
    for (let round = 0; round < 4; round++) await askRefresh(provider, current)
  }
  const mine = async (family: 'f0' | 'f1' | 'f2') =>
    (await provider.requests({ family })).map(({ misbehaviour }) => misbehaviour !== null)
  const together = await struck({ fraction: 0.5 }, 'one seed')
  expect(await mine('f1')).toEqual([1, 4, 7, 10].map((at) => together[at] === 'x'))
})

test('a rule with a fraction applies to about that share of the requests', async () => {
  await using provider = await createScriptedProvider({ profile: 'plain', seed: 'fraction' })
  await provider.mintGrants(20)
  await provider.misbehave('status-503', { fraction: 0.3 })
  await rounds(provider, 20)
  const count = (await marks(provider)).replaceAll('.', '').length
  expect(count).toBeGreaterThan(80)
  expect(count).toBeLessThan(160)
})

test('the first matching rule is used, and a delay can be combined with another misbehaviour', async () => {
  await using provider = await createScriptedProvider({ profile: 'plain' })
  await provider.mintGrants(1)
  const first = await provider.misbehave('status-503')
  await provider.misbehave('status-502')
  await provider.misbehave({ act: 'delay', before: 'answer', ms: 1 })
  await rounds(provider, 1)
  await provider.behave(first)
  await rounds(provider, 1)
  await provider.behave()
  await rounds(provider, 1)
  const requests = await provider.requests()
  expect(requests.map(({ misbehaviour }) => misbehaviour)).toEqual([
    'delay+status-503',
    'delay+status-502',
    null,
  ])
})

test('a held request continues when its rule is removed', async () => {
  await using provider = await createScriptedProvider({ profile: 'strict' })
  const [grant] = await provider.mintGrants(1)
  const hold = await provider.misbehave({ act: 'hold', before: 'answer' })
  const asked = askRefresh(provider, grant?.refreshToken)
  await provider.until({ count: 1, phase: 'processed', endpoint: 'token' })
  expect((await provider.requests())[0]?.answeredAt).toBeNull()
  await provider.behave(hold)
  expect((await asked).status).toBe(200)
  await provider.until({ count: 1, phase: 'answered' })
})

test('a delayed request continues when the provider behaves again', async () => {
  await using provider = await createScriptedProvider({ profile: 'strict' })
  const [grant] = await provider.mintGrants(1)
  await provider.misbehave({ act: 'delay', before: 'processing', ms: 600_000 })
  const asked = askRefresh(provider, grant?.refreshToken)
  await provider.until({ count: 1, phase: 'arrived', endpoint: 'token' })
  await provider.behave()
  expect((await asked).status).toBe(200)
})

test('a false invalid_grant ends after a number of requests or a time, and revokes nothing', async () => {
  await using provider = await createScriptedProvider({ profile: 'plain' })
  await provider.mintGrants(2)
  await provider.misbehave('invalid-grant', { nextOfEach: 2 })
  await rounds(provider, 3)
  await provider.misbehave('invalid-grant', { forMs: 300_000 })
  await rounds(provider, 1)
  await provider.advanceTime(300_001)
  await rounds(provider, 1)
  const requests = await provider.requests()
  expect(requests.map(({ refused }) => (refused === null ? '.' : 'x')).join('')).toBe('xxxx..xx..')
  expect((await provider.truth()).families.every(({ revoked }) => revoked === null)).toBe(true)
})

test('revocation and userinfo can misbehave too', async () => {
  await using provider = await createScriptedProvider({ profile: 'strict' })
  const [grant] = await provider.mintGrants(1)
  const { id, secret } = provider.client
  const params = { token: grant?.refreshToken ?? '', client_id: id, client_secret: secret }
  const revoke = () => post(provider.endpoints.revoke, params)
  await provider.misbehave('status-503-retry-after', { endpoint: 'revoke', next: 1 })
  await provider.misbehave(
    { act: 'refuse', error: 'unsupported_token_type' },
    { endpoint: 'revoke', next: 1 },
  )
  await provider.misbehave('status-500', { endpoint: 'userinfo', next: 1 })
  expect((await askUserinfo(provider, grant?.accessToken)).status).toBe(500)
  expect((await askUserinfo(provider, grant?.accessToken)).status).toBe(200)
  expect((await revoke()).headers['retry-after']).toBe('7')
  expect((await revoke()).json['error']).toBe('unsupported_token_type')
  expect((await provider.truth()).families[0]?.revoked).toBeNull()
  expect((await revoke()).status).toBe(200)
  expect((await provider.truth()).families[0]?.revoked).toMatchObject({
    cause: 'revocation_endpoint',
  })
})

test('an answer without a refresh token replaces no token; a replay within the grace returns the stored rotation', async () => {
  await using provider = await createScriptedProvider({ profile: 'grace' })
  const [grant] = await provider.mintGrants(1)
  await provider.misbehave('refresh-token-missing')
  const silent = await askRefresh(provider, grant?.refreshToken)
  expect(silent.json).not.toHaveProperty('refresh_token')
  await provider.behave()
  const rotated = await askRefresh(provider, grant?.refreshToken)
  await provider.misbehave('refresh-token-missing')
  const again = await askRefresh(provider, grant?.refreshToken)
  expect(again.json['refresh_token']).toBe(rotated.json['refresh_token'])
})

test('a rule that closes the socket before the request is read cannot be limited to one token family', async () => {
  await using provider = await createScriptedProvider()
  await expect(provider.misbehave('reset-on-accept', { family: 'f0' })).rejects.toThrow(
    'before a request names its family',
  )
})

test('more than a hundred misbehaviours have a name', () => {
  expect(MISBEHAVIOUR_NAMES.length).toBeGreaterThan(100)
})
