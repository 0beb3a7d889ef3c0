import { describe, expect, test } from 'vitest'
import type { UserId } from '../../../src/core/base/ids.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'
import { USER, complete, headless } from './connect-stage.ts'

describe('flows whose callback is at the app', () => {
  test('a flow that the API began redeems its code once, for its own user', async () => {
    await using stage = await openStage()
    const demand = { ...(await headless(stage)), name: 'Ann' }
    const { connection, appState } = await complete(stage, OPERATOR, demand)
    expect(appState).toBe('of the app')
    expect(connection).toMatchObject({ userId: USER, status: 'active' })
    await expect(complete(stage, OPERATOR, demand)).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  test('a flow that the API began is refused in the session of another user, and its code is not redeemed', async () => {
    await using stage = await openStage()
    const demand = await headless(stage)
    const ofAnother = { ...demand, userId: 'mallory' as UserId }
    await expect(complete(stage, OPERATOR, ofAnother)).rejects.toMatchObject({
      code: 'confirmation_refused',
    })
    expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(0)
  })

  test('a flow that the API began returns invalid_grant for a bad code, and reject for a refusal', async () => {
    await using stage = await openStage()
    const first = await headless(stage)
    const bad = { ...first, code: 'forged' }
    await expect(complete(stage, OPERATOR, bad)).rejects.toMatchObject({
      code: 'invalid_request',
      extras: { reason: 'invalid_grant' },
    })
    const second = await headless(stage)
    const refused = { ...second, code: null, error: 'access_denied' }
    await expect(complete(stage, OPERATOR, refused)).rejects.toMatchObject({
      extras: { reason: 'reject' },
    })
  })

  test('a key that does not reach the user cannot change a flow that the API began', async () => {
    await using stage = await openStage()
    const demand = await headless(stage)
    const narrow = { ...OPERATOR, userIdPrefix: 'other:' }
    await expect(complete(stage, narrow, demand)).rejects.toMatchObject({
      code: 'invalid_request',
    })
    expect((await complete(stage, OPERATOR, demand)).connection.status).toBe('active')
  })
})
