import { expect, test } from 'vitest'
import { createScriptedProvider } from '../scripted-provider/create-scripted-provider.ts'
import { startLarder } from '../support/start-larder.ts'
import { settingsFor } from '../support/vault-stage.ts'
import { walkLink } from '../support/walk-link.ts'

const HOME = 'https://app.example.com/oauth'
const ADA = { id: 'a-1', email: 'ada@example.com', name: 'Ada' }

test('a reconnect with more scopes also requests the earlier scopes and keeps the connection id', async () => {
  await using provider = await createScriptedProvider()
  await provider.setAccount(ADA)
  const acme = { name: 'Acme', ...settingsFor(provider), clientSecret: provider.client.secret }
  await using larder = await startLarder({ providers: { acme }, redirectUrls: [HOME] })
  const connect = async (demand: Readonly<Record<string, unknown>>) => {
    const link = { userId: '42', provider: 'acme', redirectUrl: HOME, ...demand }
    const home = await walkLink((await larder.createLink(link)).url)
    const id = home.searchParams.get('connectionId')
    return (await larder.api('GET', `/v1/connections/${id}/token`)).body
  }
  const before = await connect({ scope: ['read'] })
  expect(before).toMatchObject({ scope: ['read'], missingScope: [] })
  const { connectionId } = before

  const more = { connectionId, scope: ['read', 'write'], missingScope: [] }
  expect(await connect({ scope: ['write'], connectionId })).toMatchObject(more)

  // The user deselects a scope. Every view then shows it as missing.
  await provider.misbehave({ act: 'edit', set: { scope: 'read' } })
  const less = { scope: ['read'], missingScope: ['write'] }
  expect(await connect({ connectionId })).toMatchObject({ connectionId, ...less })
  expect((await larder.api('GET', `/v1/connections/${connectionId}`)).body).toMatchObject(less)
  const { body } = await larder.api('GET', '/v1/events')
  expect(body.items.at(-1)).toMatchObject({
    type: 'connection.reconnected',
    data: { connection: { id: connectionId, ...less } },
  })
})
