import { expect, test } from 'vitest'
import { startIdentityProvider } from '../identity-provider/identity-provider.ts'
import { Gate } from '../support/gate.ts'
import { LarderApi } from '../support/larder-api.ts'
import {
  type LarderProcess,
  makeInstallation,
  startLarderProcess,
} from '../support/larder-process.ts'
import { until } from '../support/until.ts'
import { walkLink } from '../support/walk-link.ts'

const REDIRECT_URL = 'https://app.example.com/oauth'
const READERS = 200

test('two hundred readers of an expired token cause one refresh', async () => {
  await using stage = await openStage({ accessTokenSeconds: 6 })
  const { api, gate, provider } = stage
  const id = await connect(stage, 'user-1')
  gate.close()
  await until('the schedule to refresh', () => gate.waiting > 0)
  await until(
    'the old token to expire',
    async () => !connection(await api.get(`/v1/connections/${id}`)).alive,
  )

  const reading = Array.from({ length: READERS }, () =>
    api.get(`/v1/connections/${id}/token?minTtlSeconds=1`),
  )
  // On a slow machine, the next token would otherwise be due while the readers are still served.
  provider.setAccessTokenSeconds(600)
  gate.open()
  const answers = await Promise.all(reading)

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  const tokens = new Set(answers.map(({ body }) => (body as { accessToken: string }).accessToken))
  expect(tokens.size).toBe(1)
  const first = provider.tokenRequests.filter(({ grantType }) => grantType === 'refresh_token')
  expect(first.length).toBe(1)
  const [accessToken = ''] = tokens
  const userinfo = await fetch(`${provider.issuer}/me`, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  expect(userinfo.status).toBe(200)
})

test('every connection is served and can refresh after Larder is killed under load and restarted', async () => {
  await using stage = await openStage({ accessTokenSeconds: 600 })
  const { api } = stage
  const ids: string[] = []
  for (let user = 0; user < 5; user++) ids.push(await connect(stage, `user-${user}`))
  const load = Array.from({ length: 100 }, (_, i) =>
    api.get(`/v1/connections/${ids[i % ids.length]}/token`).catch(() => null),
  )
  stage.larder.kill('SIGKILL')
  expect(await stage.larder.ended).toBe('SIGKILL')
  await Promise.all(load)

  await stage.restart()
  for (const id of ids) {
    expect((await api.get(`/v1/connections/${id}/token`)).status).toBe(200)
    // The refresh token survived too.
    expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
  }
})

test('on SIGTERM during a refresh, Larder stores the rotation, answers the caller and exits 0', async () => {
  await using stage = await openStage({ accessTokenSeconds: 3 })
  const { api, gate } = stage
  const id = await connect(stage, 'user-1')
  gate.close()
  const refresh = api.post(`/v1/connections/${id}/refresh`)
  await until('the refresh to be at the provider', () => gate.waiting > 0)
  stage.larder.kill('SIGTERM')
  await until('/readyz to return 503', async () => (await api.get('/readyz')).status === 503)
  gate.open()
  expect((await refresh).status).toBe(200)
  expect(await stage.larder.ended).toBe(0)

  await stage.restart()
  expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
})

type Stage = Awaited<ReturnType<typeof openStage>>

async function openStage(options: { readonly accessTokenSeconds: number }) {
  await using opened = new AsyncDisposableStack()
  const gate = new Gate('open')
  const provider = opened.use(
    await startIdentityProvider({ ...options, autoConsent: true, beforeToken: () => gate.pass() }),
  )
  const installation = opened.use(
    await makeInstallation({
      configuration: configurationFor(provider),
      environment: { LARDER_REDIRECT_URLS: REDIRECT_URL },
    }),
  )
  const started: { larder: LarderProcess } = { larder: await startLarderProcess(installation) }
  opened.defer(async () => {
    gate.open()
    await started.larder[Symbol.asyncDispose]()
  })
  const running = opened.move()
  return {
    gate,
    provider,
    api: new LarderApi(installation),
    get larder() {
      return started.larder
    },
    async restart() {
      started.larder = await startLarderProcess(installation)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function configurationFor(provider: {
  issuer: string
  clientId: string
  clientSecret: string
}): string {
  return `providers:
  acme:
    issuer: ${provider.issuer}
    clientId: ${provider.clientId}
    clientSecret: ${provider.clientSecret}
    scopes: [openid, email, offline_access]
`
}

async function connect({ api }: Pick<Stage, 'api'>, userId: string): Promise<string> {
  const link = await api.createLink({ userId, provider: 'acme', redirectUrl: REDIRECT_URL })
  const arrived = await walkLink(link.url)
  return arrived.searchParams.get('connectionId') ?? `not connected: ${arrived.search}`
}

function connection(answer: { readonly body: never }): { readonly alive: boolean } {
  return answer.body
}
