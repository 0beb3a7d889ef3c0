import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { expect, onTestFinished, test } from 'vitest'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { listen } from '../support/listen.ts'
import { until } from '../support/until.ts'

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const WITHIN_MS = 60_000

test.each(['standardwebhooks', 'svix'])(
  'the receiver in docs/webhooks.md takes events of a running daemon with the library %s',
  async (library) => {
    const receiver = await startReceiver(library)
    await using at = await makeInstallation({
      configuration: stringify({
        providers: {
          acme: {
            authorizationEndpoint: 'https://acme.example/authorize',
            tokenEndpoint: 'https://acme.example/token',
            clientId: 'c',
            clientSecret: 's',
          },
        },
        webhooks: [{ id: 'app', url: receiver.url, secret: SECRET }],
      }),
    })
    await using larder = await startLarderProcess(at)
    expect(larder.pid).toBeGreaterThan(0)
    const line = { userId: '42', provider: 'acme', accessToken: 'a', expiresInSeconds: 3600 }
    expect((await new LarderApi(at).post('/v1/connections', line)).status).toBe(201)
    await until('it has the event', () => receiver.output().includes('connection.created'))

    const headers = {
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}`,
    }
    const forged = { method: 'POST', headers, body: '{"id":"evt_1","type":"forged"}' }
    expect((await fetch(receiver.url, forged)).status).toBe(401)
    expect(receiver.output()).not.toContain('forged')
  },
  WITHIN_MS,
)

/** Runs the example as it stands in the document, but for the port and the library. */
async function startReceiver(library: string) {
  const document = readFileSync('docs/webhooks.md', 'utf8')
  const [, example = ''] = /<!-- test: receiver.mjs -->\s+```js\n(.*?)```/s.exec(document) ?? []
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'larder-receiver-'))
  const program = join(directory, 'receiver.mjs')
  writeFileSync(
    program,
    example
      .replace('listen(3000)', `listen(${port})`)
      .replace("'standardwebhooks'", `'${library}'`),
  )
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  const env = { ...process.env, LARDER_WEBHOOK_SECRET: SECRET }
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  onTestFinished(() => {
    child.kill()
    rmSync(directory, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${port}/larder/events`
  await until('it listens', () =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  )
  return { url, output: () => output }
}

async function freePort(): Promise<number> {
  const { port, close } = await listen(createServer())
  await close()
  return port
}
