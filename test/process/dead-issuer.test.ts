import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { listen } from '../support/listen.ts'
import { startLarder } from '../support/start-larder.ts'
import { until } from '../support/until.ts'

const CALLBACK_URL = 'http://127.0.0.1:9/back'

test('/healthz shows an unreachable issuer before its first use, and reports ok after the issuer has answered', async () => {
  await using issuer = await startIssuer()
  await using larder = await startLarder({
    providers: { idp: { issuer: issuer.url, clientId: 'c', clientSecret: 's' } },
    redirectUrls: [CALLBACK_URL],
  })
  const health = async () => (await larder.api('GET', '/healthz')).body.providers[0]
  await until('the issuer to be asked', async () => (await health()).state !== 'ok')
  const { since, retryAt, ...dead } = await health()
  expect(dead).toMatchObject({ id: 'idp', state: 'unavailable' })
  expect(Date.parse(retryAt) - Date.parse(since)).toBe(60_000)
  issuer.isDown = false
  const begun = await larder.api('POST', '/v1/authorizations', {
    userId: 'ada',
    provider: 'idp',
    callbackUrl: CALLBACK_URL,
  })
  expect(begun.status).toBe(201)
  expect(await health()).toMatchObject({ state: 'ok', since: null, retryAt: null })
})

async function startIssuer() {
  const state = { isDown: true, url: '' }
  const server = createServer((request, response) => {
    if (state.isDown) {
      request.socket.destroy()
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        issuer: state.url,
        authorization_endpoint: `${state.url}/authorize`,
        token_endpoint: `${state.url}/token`,
      }),
    )
  })
  const { port, close } = await listen(server)
  state.url = `http://127.0.0.1:${port}`
  return Object.assign(state, { [Symbol.asyncDispose]: close })
}
