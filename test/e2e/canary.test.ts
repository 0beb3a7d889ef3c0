import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Canary, encodings, found, foundInFiles } from '../support/canary.ts'
import { startIdentityProvider } from '../identity-provider/identity-provider.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { walkLink } from '../support/walk-link.ts'

const REDIRECT_URL = 'https://app.example.com/oauth'

type Evidence = {
  readonly canaries: readonly Canary[]
  /** Access tokens and link secrets, which only the answer to their recipient may contain. */
  readonly handedOut: readonly Canary[]
  readonly output: string
  readonly answers: readonly string[]
  readonly tokenAnswers: readonly string[]
  readonly inFiles: readonly string[]
}

let evidence: Evidence

/** Sends unique secrets through every route, in requests that succeed and that fail, at level trace. */
beforeAll(async () => {
  evidence = await gather()
})

describe('secrets sent to Larder', () => {
  test('no secret is in the log or output of the process', () => {
    expect(evidence.output).toContain('"event":"process.started"')
    expect(found([...evidence.canaries, ...evidence.handedOut], evidence.output)).toEqual([])
  })

  test('no secret is in an answer of the API', () => {
    for (const answer of evidence.answers) expect(found(evidence.canaries, answer)).toEqual([])
  })

  test('no secret is readable in the database, its WAL, or any other file of the data directory', () => {
    expect(evidence.inFiles).toEqual([])
  })
})

test('the search for secrets finds access tokens in the answers of the token route', () => {
  const served = evidence.tokenAnswers.flatMap((answer) => found(evidence.handedOut, answer))
  expect(new Set(served).size).toBeGreaterThan(1)
})

test.each(encodings('a canary that was planted'))(
  'the search for secrets finds a canary written as %s',
  (written) => {
    const canary = { name: 'planted', value: 'a canary that was planted' }
    expect(found([canary], `before ${written} after`)).toEqual(['planted'])
  },
)

async function gather(): Promise<Evidence> {
  await using provider = await startIdentityProvider({ accessTokenSeconds: 600, autoConsent: true })
  await using at = await makeInstallation({
    configuration: configurationFor(provider),
    environment: { LARDER_LOG_LEVEL: 'trace', LARDER_REDIRECT_URLS: REDIRECT_URL },
  })
  await using larder = await startLarderProcess(at)
  const api = new LarderApi(at)
  const planted = await exercise(api, at.publicUrl)
  const issued = (kind: 'RefreshToken' | 'AccessToken' | 'AuthorizationCode') =>
    provider.issued(kind).map((value, i) => ({ name: `${kind} ${i}`, value }))
  const canaries = [
    ...issued('RefreshToken'),
    ...issued('AuthorizationCode'),
    ...planted.secrets,
    { name: 'master key', value: at.environment['LARDER_MASTER_KEY'] ?? '' },
    { name: 'api key', value: at.apiKey },
    { name: 'client secret', value: provider.clientSecret },
  ]
  const handedOut = [...issued('AccessToken'), ...planted.handedOut]
  const everything = [...canaries, ...handedOut]
  const whileRunning = await foundInFiles(everything, at.dataDir)
  larder.kill('SIGTERM')
  await larder.ended
  const afterwards = await foundInFiles(everything, at.dataDir)
  return {
    canaries,
    handedOut,
    output: await readFile(join(at.directory, 'larder.log'), 'utf8'),
    answers: api.answers.map(({ text }) => text),
    tokenAnswers: api.answers
      .map(({ text }) => text)
      .filter((text) => text.includes('"accessToken":"')),
    inFiles: [...whileRunning, ...afterwards],
  }
}

/** Sends secrets in every field of the API that takes one, also in malformed requests. */
async function exercise(api: LarderApi, publicUrl: string) {
  const [imported, own, refused] = [
    secret('imported refresh token'),
    secret('own client secret'),
    secret('refused'),
  ]
  const access = secret('imported access token')
  const importing = { userId: 'user-2', provider: 'acme', accountId: 'a-2', expiresInSeconds: 900 }

  const link = await api.createLink({
    userId: 'user-1',
    provider: 'acme',
    redirectUrl: REDIRECT_URL,
    state: 'app-state',
  })
  const arrived = await walkLink(link.url)
  const id = arrived.searchParams.get('connectionId') ?? ''
  await api.get(`/v1/connections/${id}/token`)
  await api.post(`/v1/connections/${id}/refresh`)
  await api.get(`/v1/connections/${id}/token`)

  const confirmed = await api.createLink({
    userId: 'user-3',
    provider: 'acme',
    redirectUrl: REDIRECT_URL,
    confirm: 'app',
  })
  const back = await walkLink(confirmed.url)
  const completion = { name: 'completion', value: back.searchParams.get('completion') ?? '' }
  await api.post(`/v1/connect-links/${confirmed.id}/confirm`, {
    userId: 'user-3',
    completion: completion.value,
  })

  await api.post('/v1/connections', {
    ...importing,
    accessToken: access.value,
    refreshToken: imported.value,
  })
  await api.post('/v1/connections', { ...importing, userId: 'user-4', refreshToken: refused.value })
  await api.post('/v1/connections', {
    ...importing,
    userId: 'user-5',
    accessToken: access.value,
    client: { id: 'own-client', secret: own.value },
  })
  await api.post('/v1/connections', { ...importing, unknownField: refused.value, accessToken: 7 })
  const lines = [
    { ...importing, userId: 'user-5', refreshToken: refused.value },
    { ...importing, unknownField: refused.value },
    refused.value,
  ]
  for (const verify of [true, false]) {
    await api.post('/v1/connections/batch', { items: lines, verify })
  }
  await api.ask('PATCH', `/v1/connections/${id}`, { refreshToken: refused.value })
  await api.get(`/v1/connections?cursor=${refused.value}`)
  await fetch(`${publicUrl}/callback/acme?state=${refused.value}&code=${refused.value}`)
  await fetch(`${publicUrl}/connect/${refused.value}`)
  const listed = [
    '/v1/connections',
    '/v1/events',
    '/v1/providers',
    '/v1/keys',
    '/healthz',
    '/metrics',
  ]
  for (const path of [...listed, '/openapi.json', `/v1/connect-links/${link.id}`])
    await api.get(path)
  await api.ask('DELETE', '/v1/users/user-2')
  const links = [link, confirmed].map(({ url }) => ({
    name: 'link secret',
    value: url.split('/').at(-1) ?? '',
  }))
  return { secrets: [imported, own, refused, completion], handedOut: [access, ...links] }
}

function secret(name: string): Canary {
  return { name, value: randomBytes(24).toString('base64url') }
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
