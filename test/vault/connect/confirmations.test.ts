import { describe, expect, test } from 'vitest'
import type { UserId } from '../../../src/core/base/ids.ts'
import { confirmLink } from '../../../src/vault/connect/confirm-link.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { expireConfirmations } from '../../../src/vault/upkeep/expire-confirmations.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { USER, MINUTE, makeLink, walk, read } from './connect-stage.ts'

describe('links that the app confirms', () => {
  test('a token read returns confirmation_required until the app has confirmed', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage, { confirm: 'app' })
    const home = await walk(stage, link)
    await expect(read(stage, home)).rejects.toMatchObject({ code: 'confirmation_required' })
    const completion = home.searchParams.get('completion') ?? ''
    await expect(
      confirmLink(stage.ports, OPERATOR, link.id, { userId: USER, completion: 'guessed' }),
    ).rejects.toMatchObject({ code: 'not_found' })
    const confirmed = await confirmLink(stage.ports, OPERATOR, link.id, {
      userId: USER,
      completion,
    })
    expect(confirmed).toMatchObject({ id: home.searchParams.get('connectionId'), status: 'active' })
    expect((await read(stage, home)).connection.status).toBe('active')
    const types = (await stage.ports.store.events({ after: 0, limit: 10, reach: OPERATOR })).map(
      ({ type }) => type,
    )
    expect(types).toEqual(['connection.created'])
  })

  test.each([
    ['for another user', 'mallory', 0],
    ['too late', USER, 11 * MINUTE],
  ])('a confirmation %s removes the grant and revokes it', async (_, userId, later) => {
    await using stage = await openStage()
    const link = await makeLink(stage, { confirm: 'app' })
    const home = await walk(stage, link)
    stage.clock.pass(later)
    const demand = {
      userId: userId as UserId,
      completion: home.searchParams.get('completion') ?? '',
    }
    await expect(confirmLink(stage.ports, OPERATOR, link.id, demand)).rejects.toMatchObject({
      code: 'confirmation_refused',
    })
    await expectNothingLeft(stage, home)
  })

  test('a grant that the app never confirms is removed and revoked', async () => {
    await using stage = await openStage()
    const home = await walk(stage, await makeLink(stage, { confirm: 'app' }))
    stage.clock.pass(11 * MINUTE)
    expect(await expireConfirmations(stage.ports)).toBe(1)
    await expectNothingLeft(stage, home)
  })

  test('a reconnect serves the old grant until the app has confirmed', async () => {
    await using stage = await openStage()
    const { connection, account } = await stage.adopt({ demand: { userId: USER } })
    await stage.provider.setAccount(account)
    const link = await makeLink(stage, { confirm: 'app', connectionId: connection.id })
    const home = await walk(stage, link)
    expect((await read(stage, home)).connection.grant.id).toBe(connection.grant.id)
    await confirmLink(stage.ports, OPERATOR, link.id, {
      userId: USER,
      completion: home.searchParams.get('completion') ?? '',
    })
    expect((await read(stage, home)).connection.grant.id).not.toBe(connection.grant.id)
  })
})

async function expectNothingLeft(stage: Stage, home: URL): Promise<void> {
  await expect(read(stage, home)).rejects.toMatchObject({ code: 'not_found' })
  await deliverRevocations(stage.ports)
  const { families } = await stage.provider.truth()
  expect(families.map(({ revoked }) => revoked?.cause)).toEqual(['revocation_endpoint'])
}
