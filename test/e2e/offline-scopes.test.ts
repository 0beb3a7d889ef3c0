import { expect, test } from 'vitest'
import { createScriptedProvider } from '../scripted-provider/create-scripted-provider.ts'
import { startLarder } from '../support/start-larder.ts'
import { settingsFor } from '../support/vault-stage.ts'
import { walkLink } from '../support/walk-link.ts'

const HOME = 'https://app.example.com/oauth'

const ASKED = ['read', 'offline_access', 'openid']
const LISTED = { set: { scope: 'read' } }
const UNSAID = { unset: ['scope'] }

test.each([
  ['the scope is offline_access', ASKED, {}, LISTED],
  ['the answer has no scope field', ASKED, {}, UNSAID],
  ['the settings name the scope', ['read', 'keep'], { offline: { scope: 'keep' } }, LISTED],
])(
  'a scope that asks for a refresh token is not reported as missing if the answer has a refresh token (%s)',
  async (...row) => {
    const [, scope, more, edit] = row
    await using provider = await createScriptedProvider()
    const acme = {
      name: 'Acme',
      ...settingsFor(provider),
      ...more,
      clientSecret: provider.client.secret,
    }
    await using larder = await startLarder({ providers: { acme }, redirectUrls: [HOME] })
    await provider.misbehave({ act: 'edit', ...edit })
    const link = { userId: '42', provider: 'acme', redirectUrl: HOME, scope }
    const home = await walkLink((await larder.createLink(link)).url)
    const path = `/v1/connections/${home.searchParams.get('connectionId')}`
    expect((await larder.api('GET', path)).body).toMatchObject({
      refreshable: true,
      missingScope: [],
    })
    // The answer to a refresh does not list the scope and has no new refresh token.
    await larder.api('POST', `${path}/refresh`)
    expect((await larder.api('GET', `${path}/token`)).body).toMatchObject({ missingScope: [] })
    await provider.misbehave({ act: 'edit', set: { scope: 'read' }, unset: ['refresh_token'] })
    await larder.api('POST', `${path}/refresh`)
    expect((await larder.api('GET', path)).body).toMatchObject({ missingScope: [] })
  },
)

test('offline_access is reported as missing if the answer lists other scopes and has no refresh token', async () => {
  await using provider = await createScriptedProvider()
  const settings = { ...settingsFor(provider), clientSecret: provider.client.secret }
  await using larder = await startLarder({
    providers: { acme: { name: 'Acme', ...settings } },
    redirectUrls: [HOME],
  })
  await provider.misbehave({ act: 'edit', set: { scope: 'read' }, unset: ['refresh_token'] })
  const link = { userId: '42', provider: 'acme', redirectUrl: HOME, scope: ASKED }
  const home = await walkLink((await larder.createLink(link)).url)
  const path = `/v1/connections/${home.searchParams.get('connectionId')}`
  expect((await larder.api('GET', path)).body).toMatchObject({ missingScope: ['offline_access'] })
})
