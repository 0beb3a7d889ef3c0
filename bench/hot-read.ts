import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { makeInstallation, startLarderProcess } from '../test/support/larder-process.ts'

const ROUNDS = 7
const ROUND_SECONDS = 4
const CONNECTIONS = 32
const HOUR_SECONDS = 3_600

/**
 * Compares the rate of cached token requests with bare Koa, which returns the same bytes. Each server is
 * its own process, this process generates the load, and the rounds alternate. Only the ratio matters.
 */
async function main(): Promise<void> {
  await using installation = await makeInstallation({ configuration: CONFIGURATION })
  await using larderProcess = await startLarderProcess(installation)
  print(`larder runs as process ${larderProcess.pid}`)
  const authorization = `Bearer ${installation.apiKey}`
  const id = await importConnection(installation.privateUrl, authorization)
  const path = `/v1/connections/${id}/token`
  const answer = await fetch(installation.privateUrl + path, { headers: { authorization } })
  const bytes = Buffer.from(await answer.arrayBuffer())

  const bare = fork(fileURLToPath(new URL('bare-koa.ts', import.meta.url)), [
    bytes.toString('base64'),
  ])
  const [address] = (await once(bare, 'message')) as [AddressInfo]
  const targets = {
    larder: { url: installation.privateUrl + path, headers: { authorization } },
    bare: { url: `http://127.0.0.1:${address.port}${path}`, headers: { authorization } },
  }
  for (const target of Object.values(targets)) await rate(target, 2)
  const rounds = []
  for (let i = 0; i < ROUNDS; i++) {
    const [larder, koa] = [await rate(targets.larder), await rate(targets.bare)]
    rounds.push({ larder, koa, ratio: larder / koa })
  }
  bare.disconnect()
  report(rounds, bytes.length)
}

async function importConnection(url: string, authorization: string): Promise<string> {
  const answer = await fetch(`${url}/v1/connections`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({
      userId: 'user-42',
      provider: 'acme',
      accessToken: `ya29.${'a'.repeat(180)}`,
      refreshToken: `1//${'r'.repeat(100)}`,
      expiresInSeconds: 10 * HOUR_SECONDS,
      scope: ['calendar.readonly'],
      accountId: 'account-1',
      email: 'ada@example.com',
    }),
  })
  if (answer.status !== 201)
    throw new Error(`import answered ${answer.status}: ${await answer.text()}`)
  return ((await answer.json()) as { id: string }).id
}

async function rate(
  target: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  seconds = ROUND_SECONDS,
): Promise<number> {
  const result = await autocannon({ ...target, connections: CONNECTIONS, duration: seconds })
  if (result.non2xx > 0 || result.errors > 0) throw new Error('not every answer was a 200')
  return result.requests.total / result.duration
}

function report(
  rounds: readonly { readonly larder: number; readonly koa: number; readonly ratio: number }[],
  bytes: number,
): void {
  print(
    `hot token read, ${bytes} bytes, ${CONNECTIONS} connections, ${rounds.length} rounds of ${ROUND_SECONDS} s`,
  )
  print(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`)
  print('larder/s   koa/s   ratio')
  for (const { larder, koa, ratio } of rounds) {
    print(
      `${larder.toFixed(0).padStart(8)} ${koa.toFixed(0).padStart(7)} ${ratio.toFixed(2).padStart(7)}`,
    )
  }
  const ratios = rounds.map(({ ratio }) => ratio).toSorted((a, b) => a - b)
  print(`median ratio ${ratios[Math.floor(ratios.length / 2)]?.toFixed(2)}`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

const CONFIGURATION = `providers:
  acme:
    authorizationEndpoint: http://127.0.0.1:9/authorize
    tokenEndpoint: http://127.0.0.1:9/token
    clientId: bench
    clientSecret: bench-secret
`

await main()
