import { describe, expect, test } from 'vitest'
import { finishPageFlow } from '../../../src/vault/connect/finish-page-flow.ts'
import { ACME, openStage, OTHER } from '../../support/vault-stage.ts'
import { USER, MINUTE, makeLink, atProvider } from './connect-stage.ts'

describe('callbacks', () => {
  test('a callback in another browser is refused, and the browser that began the flow can still finish', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage)
    const callback = await atProvider(stage, link, 'browser-1')
    for (const browserId of ['browser-2', null]) {
      const elsewhere = finishPageFlow(stage.ports, { provider: ACME, callback, browserId })
      await expect(elsewhere).rejects.toMatchObject({ code: 'invalid_request' })
    }
    expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(0)
    const here = await finishPageFlow(stage.ports, {
      provider: ACME,
      callback,
      browserId: 'browser-1',
    })
    expect(here).toMatchObject({ kind: 'redirect' })
  })

  test('a repeated callback redirects to the same URL and redeems no code', async () => {
    await using stage = await openStage()
    const reconnected = await stage.adopt({ demand: { userId: USER } })
    await stage.provider.setAccount(reconnected.account)
    const refused = { kind: 'error', error: 'access_denied' } as const
    const wishes = [
      [{}, { kind: 'allow' }],
      [{ confirm: 'app' }, { kind: 'allow' }],
      [{ redirectUrl: null }, { kind: 'allow' }],
      [{}, refused],
      [{ redirectUrl: null }, refused],
      [{ expectedAccount: 'somebody@else.example' }, { kind: 'allow' }],
    ] as const
    for (const [wish, choice] of wishes) {
      await stage.provider.setConsent(choice)
      const callback = await atProvider(stage, await makeLink(stage, wish), 'browser-1')
      const finish = (browserId = 'browser-1', provider = ACME) =>
        finishPageFlow(stage.ports, { provider, callback, browserId })
      const first = await finish()
      const redeemed = (await stage.provider.requests({ endpoint: 'token' })).length
      expect(await finish()).toEqual(first)
      stage.clock.pass(10 * MINUTE - 5_000)
      expect(await finish()).toEqual(first)
      for (const again of [finish('browser-2'), finish('browser-1', OTHER)]) {
        await expect(again).rejects.toMatchObject({ code: 'invalid_request' })
      }
      stage.clock.pass(5_000)
      await expect(finish()).rejects.toMatchObject({ code: 'invalid_request' })
      expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(redeemed)
    }
  })

  test('only one of two callbacks at the same time redeems the code', async () => {
    await using stage = await openStage()
    const callback = await atProvider(stage, await makeLink(stage), 'browser-1')
    const finish = () =>
      finishPageFlow(stage.ports, { provider: ACME, callback, browserId: 'browser-1' })
    const ends = await Promise.allSettled([finish(), finish()])
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(1)
  })

  test.each([
    ['just within ten minutes is redeemed', 10 * MINUTE - 5_000, 'fulfilled', 1],
    ['ten minutes after Continue is refused', 10 * MINUTE, 'rejected', 0],
  ])('a callback %s', async (_, later, status, redeemed) => {
    await using stage = await openStage()
    const callback = await atProvider(stage, await makeLink(stage), 'browser-1')
    stage.clock.pass(later)
    const [end] = await Promise.allSettled([
      finishPageFlow(stage.ports, { provider: ACME, callback, browserId: 'browser-1' }),
    ])
    expect(end.status).toBe(status)
    if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'invalid_request' })
    expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(redeemed)
  })

  test('a callback whose code the provider refuses redirects with the error internal', async () => {
    await using stage = await openStage()
    const callback = await atProvider(stage, await makeLink(stage), 'browser-1')
    const forged = new Map([...callback, ['code', 'forged']])
    const end = await finishPageFlow(stage.ports, {
      provider: ACME,
      callback: forged,
      browserId: 'browser-1',
    })
    expect(end).toMatchObject({
      kind: 'redirect',
      url: expect.stringContaining('error=internal&errorCode=invalid_request'),
    })
  })
})
