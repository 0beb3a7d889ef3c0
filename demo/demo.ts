import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  type IdentityProvider,
  startIdentityProvider,
} from '../test/identity-provider/identity-provider.ts'
import {
  type Installation,
  makeInstallation,
  startLarderProcess,
} from '../test/support/larder-process.ts'
import { startHostApp } from './host-app.ts'
import { LarderClient, type ServedToken } from './larder-client.ts'
import { walkLink } from '../test/support/walk-link.ts'

const REFRESHED_WITHIN_MS = 60_000

/** Runs the main scenario once and then stays up for a browser. With `--once` it exits instead. */
async function main(): Promise<void> {
  await using provider = await startIdentityProvider({ accessTokenSeconds: 30 })
  await using app = await startHostApp()
  await using larder = await makeInstallation({
    configuration: configurationFor(provider),
    environment: { LARDER_REDIRECT_URLS: app.redirectUrl },
  })
  await using larderProcess = await startLarderProcess(larder)
  const client = new LarderClient(larder)
  app.serve(client, `${provider.issuer}/me`)
  say('larder is up', `${larder.privateUrl}, process ${larderProcess.pid}`)
  say('a provider is up', `${provider.issuer} (rotates refresh tokens, access tokens live 30 s)`)
  await play({ client, provider, larder, redirectUrl: app.redirectUrl })
  if (process.argv.includes('--once')) return
  process.stdout.write(`\nClick through it yourself: ${app.url}   (Ctrl-C ends it)\n`)
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
}

function configurationFor(provider: IdentityProvider): string {
  return `providers:
  acme:
    issuer: ${provider.issuer}
    clientId: ${provider.clientId}
    clientSecret: ${provider.clientSecret}
    scopes: [openid, email, profile, offline_access]
`
}

async function play(stage: {
  readonly client: LarderClient
  readonly provider: IdentityProvider
  readonly larder: Installation
  readonly redirectUrl: string
}): Promise<void> {
  const { client, provider, larder, redirectUrl } = stage
  const link = await client.createLink({
    // Another user than on the page, because the provider revokes this grant when the old refresh token
    // is used.
    userId: 'user-1',
    provider: 'acme',
    redirectUrl,
    state: 'app-state',
  })
  say('link made', shortened(link.url, 48))

  const arrived = await walkLink(link.url)
  const connectionId = arrived.searchParams.get('connectionId') ?? ''
  say('user consented, code exchanged', `back at the app with connectionId=${connectionId}`)

  const first = await client.token(connectionId)
  say('token served', `${shortened(first.accessToken, 10)}, good for ${first.expiresInSeconds} s`)
  await askWhoIAm(provider, first)

  const second = await nextToken(client, connectionId, first)
  await askWhoIAm(provider, second)

  const issued = [...provider.issued('RefreshToken'), ...provider.issued('AccessToken')]
  await expectRefused(provider, issued[0] ?? '')
  await expectSealed(larder, issued)
}

async function askWhoIAm(provider: IdentityProvider, { header }: ServedToken): Promise<void> {
  const answer = await fetch(`${provider.issuer}/me`, { headers: { [header.name]: header.value } })
  if (!answer.ok) throw new Error(`userinfo answered ${answer.status}`)
  say('the provider answers it', await answer.text())
}

/** Waits without asking for a refresh: the schedule refreshes the token before it expires. */
async function nextToken(
  client: LarderClient,
  id: string,
  first: ServedToken,
): Promise<ServedToken> {
  say('waiting', 'the token nears its end, the schedule refreshes it')
  const giveUpAt = performance.now() + REFRESHED_WITHIN_MS
  let last = first
  while (performance.now() < giveUpAt) {
    await wait(500)
    const token = await client.token(id)
    if (token.tokenId !== first.tokenId) {
      say('refreshed by the schedule', `when the old token had ${last.expiresInSeconds} s left`)
      say(
        'a new token is served',
        `${shortened(token.accessToken, 10)}, good for ${token.expiresInSeconds} s`,
      )
      return token
    }
    last = token
  }
  throw new Error('the schedule did not refresh the token')
}

/**
 * Uses a spent refresh token, as a thief of an old backup would. The provider must reject it and revoke
 * the grant.
 */
async function expectRefused(provider: IdentityProvider, refreshToken: string): Promise<void> {
  const credentials = Buffer.from(`${provider.clientId}:${provider.clientSecret}`).toString(
    'base64',
  )
  const answer = await fetch(`${provider.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
  })
  const { error } = (await answer.json()) as { error?: string }
  if (answer.status !== 400 || error !== 'invalid_grant')
    throw new Error(`the spent token got ${answer.status}`)
  say(
    'the old refresh token is refused',
    `${shortened(refreshToken, 10)}: ${answer.status} ${error}`,
  )
}

async function expectSealed(larder: Installation, tokens: readonly string[]): Promise<void> {
  const files = await readdir(larder.dataDir)
  const contents = await Promise.all(files.map((file) => readFile(join(larder.dataDir, file))))
  const found = tokens.filter((token) => contents.some((content) => content.includes(token)))
  if (found.length > 0) throw new Error('a token stands in the clear in the data directory')
  const bytes = contents.reduce((sum, { length }) => sum + length, 0)
  say(
    'sealed at rest',
    `${tokens.length} tokens looked for in ${files.length} files (${bytes} bytes): none found`,
  )
}

function say(step: string, detail: string): void {
  process.stdout.write(`${step.padEnd(34)} ${detail}\n`)
}

function shortened(value: string, length: number): string {
  return value.length <= length ? value : `${value.slice(0, length)}…`
}

await main()
