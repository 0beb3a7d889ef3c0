import { describe, expect, test } from 'vitest'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { openLink } from '../../../src/vault/connect/open-link.ts'
import { showLink } from '../../../src/vault/connect/show-link.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'
import { USER, makeLink, walk, read } from './connect-stage.ts'

describe('connect links', () => {
  test('a link connects a user once, and then returns link_used', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage, { state: 'of the app' })
    const home = await walk(stage, link)
    expect(home.searchParams.get('state')).toBe('of the app')
    expect(home.searchParams.get('linkId')).toBe(link.id)
    const served = await read(stage, home)
    expect(served.connection).toMatchObject({
      userId: USER,
      status: 'active',
      grant: { scope: ['read', 'write'] },
    })
    await expect(openLink(stage.ports, link.secret)).rejects.toMatchObject({ code: 'link_used' })
    expect((await showLink(stage.ports, OPERATOR, link.id)).state).toMatchObject({
      status: 'completed',
    })
  })

  test('a link can be used again after the user refused at the provider', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage)
    await stage.provider.setConsent({ kind: 'error', error: 'access_denied' })
    const refused = await walk(stage, link)
    expect([refused.searchParams.get('error'), refused.searchParams.get('errorCode')]).toEqual([
      'reject',
      'access_denied',
    ])
    expect((await showLink(stage.ports, OPERATOR, link.id)).lastError).toBe('access_denied')
    await stage.provider.setConsent({ kind: 'allow' })
    expect((await walk(stage, link)).searchParams.get('connectionId')).toMatch(/^con_/)
  })

  test('a reconnect keeps the connection id, and a newer link supersedes an older one', async () => {
    await using stage = await openStage()
    const { connection, account, family } = await stage.adopt({ demand: { userId: USER } })
    await stage.provider.setAccount(account)
    const older = await makeLink(stage, { connectionId: connection.id })
    const newer = await makeLink(stage, { connectionId: connection.id })
    await expect(openLink(stage.ports, older.secret)).rejects.toMatchObject({
      code: 'link_superseded',
    })
    const home = await walk(stage, newer)
    expect(home.searchParams.get('connectionId')).toBe(connection.id)
    expect((await stage.stored(connection.id)).grant.id).not.toBe(connection.grant.id)
    await deliverRevocations(stage.ports)
    expect((await stage.provider.family(family)).revoked?.cause).toBe('revocation_endpoint')
  })

  test('a reconnect revokes nothing if the provider may end all grants of the account', async () => {
    await using stage = await openStage({ provider: { revocation: {} } })
    const { connection, account } = await stage.adopt({ demand: { userId: USER } })
    await stage.provider.setAccount(account)
    const home = await walk(stage, await makeLink(stage, { connectionId: connection.id }))
    expect(home.searchParams.get('connectionId')).toBe(connection.id)
    await deliverRevocations(stage.ports)
    expect(await stage.provider.requests({ endpoint: 'revoke' })).toEqual([])
  })

  test('a reconnect with another account keeps the old grant and revokes the new grant', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt({ demand: { userId: USER } })
    const link = await makeLink(stage, { connectionId: connection.id })
    const home = await walk(stage, link)
    expect([home.searchParams.get('error'), home.searchParams.get('errorCode')]).toEqual([
      'internal',
      'account_mismatch',
    ])
    expect((await stage.stored(connection.id)).grant.id).toBe(connection.grant.id)
    await deliverRevocations(stage.ports)
    const { families } = await stage.provider.truth()
    expect(families.map(({ revoked }) => revoked?.cause ?? null)).toEqual([
      null,
      'revocation_endpoint',
    ])
  })

  test('a reconnect with another e-mail returns account_mismatch if only the e-mail was known', async () => {
    await using stage = await openStage()
    const demand = { userId: USER, accountId: null, email: 'ann@example.com' }
    const silent = await stage.provider.misbehave(
      { act: 'answer', status: 500, body: 'empty' },
      { endpoint: 'userinfo' },
    )
    const { connection } = await stage.adopt({ demand })
    await stage.provider.behave(silent)
    expect(connection.account).toMatchObject({ id: null, email: 'ann@example.com' })
    await stage.provider.setAccount({ id: 'acc-9', email: 'bea@example.com', name: 'Bea' })
    const link = await makeLink(stage, { connectionId: connection.id })
    expect((await walk(stage, link)).searchParams.get('errorCode')).toBe('account_mismatch')
    expect((await stage.stored(connection.id)).grant.id).toBe(connection.grant.id)
  })

  test('a link refuses an account other than the expected account', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage, { expectedAccount: 'somebody@else.example' })
    expect((await walk(stage, link)).searchParams.get('errorCode')).toBe('account_mismatch')
  })

  test('a second consent of one account reconnects the same connection', async () => {
    await using stage = await openStage()
    await stage.provider.setAccount({ id: 'a-1', email: 'a@example.com', name: 'A' })
    const first = await walk(stage, await makeLink(stage))
    const second = await walk(stage, await makeLink(stage))
    expect(second.searchParams.get('connectionId')).toBe(first.searchParams.get('connectionId'))
  })
})
