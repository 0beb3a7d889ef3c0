import { describe, expect, test } from 'vitest'
import type { Caller } from '../../../src/core/base/access.ts'
import { StoreError } from '../../../src/core/base/errors.ts'
import type { ProviderId, UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { importBatch, type BatchResult } from '../../../src/vault/import/import-batch.ts'
import { type TokenImport, draftFromTokens } from '../../../src/vault/import/import-tokens.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { until } from '../../support/until.ts'
import { ACME, NOTHING, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const HOUR = 3_600_000

type Minted = { readonly account: { readonly id: string } } & Partial<
  Record<'accessToken' | 'refreshToken', string>
>

describe('an unverified batch', () => {
  test('an unverified batch stores every item without a request to the provider', async () => {
    await using stage = await openStage()
    const lines = (await stage.provider.mintGrants(20)).map((one) => live(stage, one))
    const first = await bring(stage, lines)
    expect(kinds(first)).toEqual(Array(20).fill('created'))
    expect(await stage.provider.requests({ endpoint: 'token' })).toEqual([])
    expect(await stage.provider.requests({ endpoint: 'userinfo' })).toEqual([])
  })

  test('a repeated batch changes nothing, whether or not its items have refresh tokens', async () => {
    await using stage = await openStage()
    const minted = await stage.provider.mintGrants(4)
    const lines = minted.map((one, n) => ({
      ...live(stage, one),
      ...(n % 2 === 0 ? {} : { refreshToken: null }),
    }))
    const first = await bring(stage, lines)
    const again = await bring(stage, lines)
    expect(kinds(again)).toEqual(Array(4).fill('unchanged'))
    expect(ids(again)).toEqual(ids(first))
    const events = await stage.ports.store.events({ after: 0, limit: 100, reach: OPERATOR })
    expect(events.map(({ type }) => type)).toEqual(Array(4).fill('connection.created'))
  })

  test('an unverified item without a live access token is failing until the schedule refreshes it', async () => {
    await using stage = await openStage()
    const minted = await stage.provider.mintGrants(3)
    const results = await bring(stage, [
      ...minted.map((one) => alone(one)),
      { ...NOTHING_OF(9), refreshToken: new Secret('never issued') },
    ])
    expect(kinds(results)).toEqual(Array(4).fill('created'))
    const states = async () =>
      Promise.all(ids(results).map(async (id) => (await stage.stored(id)).status))
    expect(await states()).toEqual(Array(4).fill('failing'))
    stage.clock.pass(61_000)
    await until('all to be proven', async () => {
      await refreshDue(stage.ports)
      return !(await states()).includes('failing')
    })
    expect(await states()).toEqual(['active', 'active', 'active', 'disconnected'])
  })

  test('an unverified item replaces a working grant after it is proven', async () => {
    await using stage = await openStage()
    const { connection, account } = await stage.adopt()
    const [newer] = await stage.provider.mintGrants(1, { account })
    const good = { ...alone(newer), userId: connection.userId, accountId: account.id }
    const dead = { ...good, refreshToken: new Secret('never issued') }
    expect(kinds(await bring(stage, [dead, good]))).toEqual(['accepted', 'accepted'])
    expect((await stage.stored(connection.id)).grant.id).toBe(connection.grant.id)
    stage.clock.pass(61_000)
    await until('it to settle', async () => {
      await refreshDue(stage.ports)
      return (await stage.ports.store.connectionIds(null, 10)).length === 1
    })
    const { grant } = await stage.stored(connection.id)
    expect(grant.refreshToken?.open().expose()).toBe(
      (await stage.provider.family(newer?.family ?? 'f0')).current,
    )
    expect(stage.observed.filter(({ what }) => what === 'connectFailed')).toHaveLength(1)
  })

  test('an error in one item of a batch refuses only that item', async () => {
    await using stage = await openStage()
    const { refreshToken } = await stage.adopt()
    const [one, two] = await stage.provider.mintGrants(2)
    const results = await bring(stage, [
      live(stage, one),
      { ...live(stage, one), provider: 'nobody' as ProviderId },
      { ...live(stage, one), refreshToken: null, accessToken: null },
      { ...alone(one), userId: 'other' as UserId, refreshToken: new Secret(refreshToken) },
      live(stage, two),
    ])
    expect(kinds(results)).toEqual(['created', 'refused', 'refused', 'refused', 'created'])
    const codes = results.flatMap((result) =>
      result.kind === 'refused' ? [result.error.code] : [],
    )
    expect(codes).toEqual(['invalid_request', 'invalid_request', 'conflict'])
  })

  test('a narrowed key imports only items in its reach, and learns nothing about other connections', async () => {
    await using stage = await openStage()
    const caller = { ...OPERATOR, userIdPrefix: 'mine:' }
    const [one, two] = await stage.provider.mintGrants(2)
    const lines = [
      { ...live(stage, one), userId: 'mine:1' as UserId },
      { ...live(stage, two), userId: 'yours:1' as UserId },
    ]
    const results = await bring(stage, lines, { caller })
    expect(results).toMatchObject([
      { kind: 'created' },
      { kind: 'refused', error: { code: 'not_found' } },
    ])
  })

  test('a second batch item without an account name for one user and provider is refused', async () => {
    await using stage = await openStage()
    const [one, two] = await stage.provider.mintGrants(2)
    const nameless = { userId: 'u' as UserId, accountId: null }
    const results = await bring(stage, [
      { ...live(stage, one), ...nameless },
      { ...live(stage, two), ...nameless },
    ])
    expect(kinds(results)).toEqual(['created', 'refused'])
  })
})

describe('batches with verify', () => {
  test('a verified batch refreshes each item, looks up its account, and refuses dead tokens', async () => {
    await using stage = await openStage()
    const minted = await stage.provider.mintGrants(5)
    const nameless = minted.map((one) => ({
      ...live(stage, one),
      userId: 'one-user' as UserId,
      accountId: null,
    }))
    const dead = { ...NOTHING_OF(9), refreshToken: new Secret('never issued') }
    const results = await bring(stage, [...nameless, dead], { how: 'verified' })
    expect(kinds(results)).toEqual([...Array(5).fill('created'), 'refused'])
    const accounts = results.flatMap((result) =>
      result.kind === 'refused' ? [result.error.extras.reason] : [result.connection.account.id],
    )
    expect(accounts).toEqual([...minted.map(({ account }) => account.id), 'invalid_grant'])
    expect(await stage.provider.requests({ endpoint: 'token' })).toHaveLength(6)
    expect(await stage.ports.store.connectionIds(null, 10)).toHaveLength(5)
  })

  test('a verified batch sends requests no faster than the limits of the lane', async () => {
    // Twenty per second on this stage, whose waits are twenty times shorter.
    const policy = { ratePerSecond: 1 }
    await using stage = await openStage({ policy })
    const minted = await stage.provider.mintGrants(12)
    await bring(
      stage,
      minted.map((one) => alone(one)),
      { how: 'verified' },
    )
    const times = (await stage.provider.requests({ endpoint: 'token' })).map(
      ({ arrivedAt }) => arrivedAt,
    )
    const took = Math.max(...times) - Math.min(...times)
    expect(took).toBeGreaterThan(11 * 50)
  })

  test('a verified batch on a full disk throws, and leaves no unhandled rejection', async () => {
    await using stage = await openStage()
    const minted = await stage.provider.mintGrants(20)
    const unheard: unknown[] = []
    const hear = (reason: unknown) => void unheard.push(reason)
    process.on('unhandledRejection', hear)
    try {
      const store = { ...stage.ports.store, write: onFullDisk }
      const full = { ...stage, ports: { ...stage.ports, store } }
      const lines = minted.map((one) => alone(one))
      await expect(bring(full, lines, { how: 'verified' })).rejects.toThrow(StoreError)
      expect(unheard).toEqual([])
    } finally {
      process.off('unhandledRejection', hear)
    }
  })

  test('the items of a verified batch stay unproven while the provider is down, and are proven afterwards', async () => {
    await using stage = await openStage({ profile: 'grace' })
    const minted = await stage.provider.mintGrants(3)
    const down = await stage.provider.misbehave({ act: 'answer', status: 502, body: 'html' })
    const results = await bring(
      stage,
      minted.map((one) => alone(one)),
      { how: 'verified' },
    )
    expect(kinds(results)).toEqual(Array(3).fill('created'))
    await stage.provider.behave(down)
    await until('all to heal', async () => {
      stage.clock.pass(60_000)
      await refreshDue(stage.ports)
      const states = await Promise.all(ids(results).map((id) => stage.stored(id)))
      return states.every(({ status }) => status === 'active')
    })
  })
})

function onFullDisk(): Promise<never> {
  return Promise.reject(new StoreError('disk_full', null))
}

function bring(
  stage: Stage,
  lines: readonly Partial<TokenImport>[],
  as: { readonly how?: 'unverified' | 'verified'; readonly caller?: Caller } = {},
): Promise<readonly BatchResult[]> {
  const { how = 'unverified', caller = OPERATOR } = as
  return importBatch(
    stage.ports,
    lines.map((line) => () => draftFromTokens(stage.ports, caller, { ...NOTHING_OF(0), ...line })),
    how,
  )
}

const NOTHING_OF = (n: number): TokenImport => ({
  ...NOTHING,
  provider: ACME,
  userId: `user-of-${n}` as UserId,
  accountId: `account-${n}`,
})

function alone(minted: Minted | undefined): Partial<TokenImport> {
  const id = minted?.account.id ?? ''
  return {
    userId: `user-of-${id}` as UserId,
    accountId: id,
    refreshToken: new Secret(minted?.refreshToken ?? ''),
  }
}

function live(stage: Stage, minted: Minted | undefined): Partial<TokenImport> {
  const accessToken = new Secret(minted?.accessToken ?? '')
  return { ...alone(minted), accessToken, expiresAt: stage.clock.now() + HOUR }
}

function kinds(results: readonly BatchResult[]) {
  return results.map(({ kind }) => kind)
}

function ids(results: readonly BatchResult[]) {
  return results.flatMap((result) => (result.kind === 'refused' ? [] : [result.connection.id]))
}
