import { stringify } from 'yaml'
import { consentWithoutBrowser } from '../support/consent.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { startScriptedProvider } from '../scripted-provider/start-scripted-provider.ts'
import { settingsFor } from '../support/vault-stage.ts'
import { walkLink } from '../support/walk-link.ts'

const REDIRECT_URL = 'https://app.example.com/connected'

/** Starts a daemon and a provider, with everything that an app needs to call every operation. */
export async function openClientStage(userId: string) {
  await using opened = new AsyncDisposableStack()
  const provider = opened.use(await startScriptedProvider({ profile: 'strict' }))
  const at = opened.use(
    await makeInstallation({
      configuration: stringify({
        providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
        // No receiver is there, but an app can still enable and replay the webhook.
        webhooks: [{ id: 'app', url: 'http://127.0.0.1:9/', secret: `whsec_${'A'.repeat(43)}=` }],
      }),
      environment: { LARDER_REDIRECT_URLS: REDIRECT_URL },
    }),
  )
  opened.use(await startLarderProcess(at))
  const api = new LarderApi(at)
  const grants = await provider.mintGrants(3)
  const material = {
    url: at.privateUrl,
    key: at.apiKey,
    userId,
    grants: grants.map(({ accessToken, refreshToken }) => ({ accessToken, refreshToken })),
    confirm: await linkToConfirm(api, userId),
    callback: await callbackToComplete(api, userId),
  }
  const running = opened.move()
  return { material, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

async function linkToConfirm(api: LarderApi, userId: string) {
  const demand = { userId, provider: 'acme', redirectUrl: REDIRECT_URL, confirm: 'app' }
  const link = await api.createLink(demand)
  const arrived = await walkLink(link.url)
  return { linkId: link.id, completion: arrived.searchParams.get('completion') }
}

async function callbackToComplete(api: LarderApi, userId: string) {
  const demand = { userId, provider: 'acme', callbackUrl: REDIRECT_URL }
  const begun = await api.post('/v1/authorizations', demand)
  const { url } = begun.body as { url: string }
  const callback = new URL(await consentWithoutBrowser(url)).searchParams
  return { state: callback.get('state'), code: callback.get('code') }
}
