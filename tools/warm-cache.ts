import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

/**
 * Fills the compile cache of a built program: `node warm-cache.ts <program> <cache>`. Node stores the
 * code that ran until the end of the process. So this runs the daemon once, with keys that nobody
 * sees, and does what apps do most. It imports no package, because the image contains none.
 */
const [program = '', cache = ''] = process.argv.slice(2).map((path) => resolve(path))
const READY_WITHIN_MS = 60_000
const REFRESHES = 20
const EXPIRES_IN_SECONDS = 3600

const directory = await mkdtemp(join(tmpdir(), 'larder-warm-'))
const provider = createServer((request, response) => {
  request.resume()
  const [access, refresh] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
  const tokens = { access_token: access, refresh_token: refresh, expires_in: EXPIRES_IN_SECONDS }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ ...tokens, token_type: 'Bearer', scope: 'read write' }))
})
const tokenEndpoint = `http://127.0.0.1:${await portOf(provider)}/token`
const url = `http://127.0.0.1:${await freePort()}`
const publicUrl = `http://127.0.0.1:${await freePort()}`
const apiKey = randomBytes(32).toString('hex')
const environment = {
  ...process.env,
  NODE_COMPILE_CACHE: cache,
  LARDER_CONFIG: join(directory, 'larder.yaml'),
  LARDER_DATA_DIR: join(directory, 'data'),
  LARDER_LISTEN: url.replace('http://', ''),
  LARDER_PUBLIC_LISTEN: publicUrl.replace('http://', ''),
  LARDER_PUBLIC_URL: publicUrl,
  LARDER_REDIRECT_URLS: 'https://app.example.com/oauth',
  LARDER_MASTER_KEY: randomBytes(32).toString('base64'),
  LARDER_API_KEY: apiKey,
}

try {
  await writeFile(environment.LARDER_CONFIG, JSON.stringify(settings()), { mode: 0o600 })
  const daemon = spawn(process.execPath, [program, 'serve'], { env: environment, stdio: 'inherit' })
  const ended = once(daemon, 'exit')
  await Promise.race([untilReady(), ended.then(() => fail('the daemon ended'))])
  await useIt()
  // Each command has a file of its own in the build.
  for (const words of [['healthcheck'], ['connections', 'list'], ['keys', 'list']]) {
    await promisify(execFile)(process.execPath, [program, ...words], { env: environment })
  }
  daemon.kill('SIGTERM')
  const [code] = await ended
  if (code !== 0) fail(`the daemon ended with ${String(code)}`)
} finally {
  provider.close()
  await rm(directory, { recursive: true })
}

function settings() {
  const authorizationEndpoint = tokenEndpoint
  const client = { clientId: 'warm', clientSecret: 'warm', scopes: ['read', 'write'] }
  return { providers: { warm: { authorizationEndpoint, tokenEndpoint, ...client } } }
}

/** A link, its page, an import, and the refreshes and reads of its token. */
async function useIt(): Promise<void> {
  const user = { userId: '42', provider: 'warm' }
  const link = await ask('POST', '/v1/connect-links', {
    ...user,
    redirectUrl: 'https://app.example.com/oauth',
  })
  await (await fetch(String(link['url']))).text()
  const { id } = await ask('POST', '/v1/connections', {
    ...user,
    refreshToken: randomBytes(32).toString('hex'),
    accountId: '42',
    scope: ['read', 'write'],
  })
  for (let done = 0; done < REFRESHES; done++) {
    await ask('POST', `/v1/connections/${String(id)}/refresh`)
    await ask('GET', `/v1/connections/${String(id)}/token`)
  }
}

async function ask(method: string, path: string, body?: unknown) {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await fetch(url + path, { method, headers, ...sent })
  const text = await answer.text()
  if (!answer.ok) fail(`${method} ${path}: ${text}`)
  return JSON.parse(text) as Readonly<Record<string, unknown>>
}

async function untilReady(): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    await answer?.text()
    if (answer?.ok === true) return
    if (performance.now() > giveUpAt) fail('the daemon was not ready in time')
    await wait(50)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await portOf(server)
  server.close()
  return port
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function fail(reason: string): never {
  throw new Error(reason)
}
