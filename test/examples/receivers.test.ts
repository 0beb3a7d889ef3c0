import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { stringify } from 'yaml'
import { expect, onTestFinished, test } from 'vitest'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { listen } from '../support/listen.ts'
import { until } from '../support/until.ts'
import { COMPILES, exampleProgram } from './example-program.ts'

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const FORGED = '{"id":"evt_1","type":"forged"}'
const MINUTE = 60_000

const RECEIVERS = [
  ['node/receive-webhook.mjs', 'standardwebhooks'],
  ['node/receive-webhook.mjs', 'svix'],
  ['python/receive_webhook.py', 'the standard library'],
  ['go/receive_webhook.go', 'the standard library'],
] as const

test.for(RECEIVERS)(
  'examples/%s with %s accepts the events of a running Larder, and rejects forged and old events',
  COMPILES,
  async ([file, library], context) => {
    const program = library === 'svix' ? withSvix(file) : await exampleProgram(context, file)
    const receiver = await startReceiver(program)
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

    const genuine = signedAt(new Date())
    const wrong = { ...genuine, 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}` }
    const old = signedAt(new Date(Date.now() - 10 * MINUTE))
    for (const headers of [wrong, old, {}]) {
      const answer = await fetch(receiver.url, { method: 'POST', headers, body: FORGED })
      expect(answer.status).toBe(401)
    }
    expect(receiver.output()).not.toContain('forged')
    const spaced = { ...genuine, 'webhook-signature': `v1,AAAA ${genuine['webhook-signature']}` }
    const answer = await fetch(receiver.url, { method: 'POST', headers: spaced, body: FORGED })
    expect(answer.status).toBe(204)
  },
)

test('examples/curl/verify-webhook.sh tells a genuine event from a forged one', async (context) => {
  const [command, ...args] = await exampleProgram(context, 'curl/verify-webhook.sh')
  const signed = signedAt(new Date())
  const verify = (body: string) =>
    new Promise<string>((done) => {
      const env = { ...process.env, LARDER_WEBHOOK_SECRET: SECRET }
      const child = execFile(command, [...args, ...Object.values(signed)], { env }, (error, out) =>
        done(`${out.trim()} ${error?.code ?? 0}`),
      )
      child.stdin?.end(body)
    })
  expect(await verify(FORGED)).toBe('genuine 0')
  expect(await verify(`${FORGED} `)).toBe('forged 1')
})

/** The headers of `FORGED`, in the order in which the script takes them. */
function signedAt(date: Date) {
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(date.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign('evt_1', date, FORGED),
  }
}

/** The same receiver with the other library. */
function withSvix(file: string): readonly [string, ...string[]] {
  const directory = mkdtempSync(join(tmpdir(), 'larder-receiver-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const program = join(directory, 'receiver.mjs')
  const text = readFileSync(`examples/${file}`, 'utf8')
  writeFileSync(program, text.replace("'standardwebhooks'", "'svix'"))
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'))
  return [process.execPath, program]
}

async function startReceiver([command, ...args]: readonly [string, ...string[]]) {
  const port = await freePort()
  const env = { ...process.env, LARDER_WEBHOOK_SECRET: SECRET, PORT: String(port) }
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  onTestFinished(() => void child.kill())
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
