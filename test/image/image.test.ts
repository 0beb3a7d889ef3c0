import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type IdentityProvider,
  startIdentityProvider,
} from '../identity-provider/identity-provider.ts'
import { LarderApi } from '../support/larder-api.ts'
import { until } from '../support/until.ts'
import { walkLink } from '../support/walk-link.ts'
import {
  type Container,
  CONFINEMENT,
  IMAGE,
  isReady,
  startContainer,
  untilReady,
} from './container.ts'
import { engine, must } from './engine.ts'

const INSPECTOR = 'http://127.0.0.1:9229/json'

let provider: IdentityProvider
let larder: Container
let tokenPath: string

beforeAll(async () => {
  await must('build', '--network=host', `--tag=${IMAGE}`, '.')
  provider = await startIdentityProvider({ accessTokenSeconds: 600, autoConsent: true })
  larder = await startContainer(
    stringify({
      providers: {
        acme: {
          issuer: provider.issuer,
          clientId: provider.clientId,
          clientSecretFile: '/run/secrets/client.secret',
          scopes: ['openid', 'email', 'offline_access'],
          authorizationParams: { prompt: 'consent' },
        },
      },
    }),
    { 'client.secret': provider.clientSecret },
  )
})

afterAll(async () => {
  await larder?.[Symbol.asyncDispose]()
  await provider?.[Symbol.asyncDispose]()
})

test('a container without keys exits 78 and prints the commands that make them', async () => {
  const { code, output } = await engine(['run', '--rm', '--network=host', ...CONFINEMENT, IMAGE])
  expect(code).toBe(78)
  expect(output).toContain('LARDER_MASTER_KEY: not set; "openssl rand -base64 32"')
  expect(output).toContain('LARDER_API_KEY: not set; "larder keys new"')
})

test('a user connects through a container, and it then serves a token of the provider', async () => {
  const api = new LarderApi(larder)
  const link = await api.createLink({
    userId: '42',
    provider: 'acme',
    redirectUrl: 'https://app.example.com/oauth',
  })
  const back = await walkLink(link.url)
  expect(back.searchParams.get('linkId')).toBe(link.id)
  tokenPath = `/v1/connections/${back.searchParams.get('connectionId')}/token`
  const { status, body } = await api.get(tokenPath)
  expect(status).toBe(200)
  expect(provider.issued('AccessToken')).toContain((body as { accessToken: string }).accessToken)
})

describe('a confined container', () => {
  test('a container has no privileges, writes only to its volume, and dumps no core', async () => {
    const status = await must('exec', larder.name, 'cat', '/proc/1/status')
    expect(status).toMatch(/^Uid:\s+1000\s+1000\s+1000\s+1000$/m)
    expect(status).toMatch(/^CapEff:\s+0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    const limits = await must('exec', larder.name, 'cat', '/proc/1/limits')
    expect(limits).toMatch(/^Max core file size\s+0\s+0\s/m)
    expect(await must('diff', larder.name)).toBe('')
  })

  test('SIGUSR1 opens no Node inspector in a container', async () => {
    await must('kill', '--signal=USR1', larder.name)
    await until('it answers after the signal', () => isReady(larder.privateUrl))
    await expect(fetch(INSPECTOR)).rejects.toThrow()
  })

  test('no key is in the container’s settings, the image’s layers or the log', async () => {
    const told = await Promise.all([
      must('inspect', larder.name),
      must('history', '--no-trunc', IMAGE),
      must('logs', larder.name),
    ])
    for (const secret of [larder.masterKey, larder.apiKey, provider.clientSecret]) {
      expect(told.join('\n')).not.toContain(secret)
    }
    expect(told[2]).toContain('"event":"process.started"')
  })
})

test('the container engine reports the container as healthy, and the command line works in the container', async () => {
  const health = '{{.State.Health.Status}}'
  const isHealthy = async () =>
    (await must('inspect', `--format=${health}`, larder.name)) === 'healthy'
  await until('the health check has passed', isHealthy, 60_000)
  const listed = await must('exec', larder.name, 'larder', 'connections', 'list')
  expect(listed).toMatch(/con_\w+ +42 +acme +\S+ +active/)
})

test('a container exits 0 on SIGTERM and serves the same connection after a restart', async () => {
  await must('stop', '--time=30', larder.name)
  expect(await must('inspect', '--format={{.State.ExitCode}}', larder.name)).toBe('0')
  await must('start', larder.name)
  await untilReady(larder.name, larder.privateUrl)
  expect((await new LarderApi(larder).get(tokenPath)).status).toBe(200)
})
