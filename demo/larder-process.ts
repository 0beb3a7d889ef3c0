import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const START_WITHIN_MS = 20_000

export type LarderProcess = AsyncDisposable & {
  readonly privateUrl: string
  readonly publicUrl: string
  readonly apiKey: string
  readonly dataDir: string
}

/** Larder as an operator runs it: a process of its own, its settings in the environment. */
export async function startLarderProcess(options: {
  readonly configuration: string
  readonly redirectUrls: string
}): Promise<LarderProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'larder-demo-'))
  const [inner, outer] = [await freePort(), await freePort()]
  const apiKey = randomBytes(32).toString('base64url')
  const dataDir = join(directory, 'data')
  const config = join(directory, 'larder.yaml')
  const log = await open(join(directory, 'larder.log'), 'w')
  await writeTo(config, options.configuration)
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, 'serve'], {
    stdio: ['ignore', log.fd, log.fd],
    env: {
      PATH: process.env['PATH'],
      LARDER_CONFIG: config,
      LARDER_DATA_DIR: dataDir,
      LARDER_LISTEN: `127.0.0.1:${inner}`,
      LARDER_PUBLIC_LISTEN: `127.0.0.1:${outer}`,
      LARDER_PUBLIC_URL: `http://localhost:${outer}`,
      LARDER_REDIRECT_URLS: options.redirectUrls,
      LARDER_MASTER_KEY: randomBytes(32).toString('base64'),
      LARDER_API_KEY: apiKey,
    },
  })
  const larder = {
    privateUrl: `http://127.0.0.1:${inner}`,
    publicUrl: `http://localhost:${outer}`,
    apiKey,
    dataDir,
    [Symbol.asyncDispose]: async () => {
      await stop(child)
      await log.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  if (await isReady(larder.privateUrl, child)) return larder
  const said = await readFile(join(directory, 'larder.log'), 'utf8')
  await larder[Symbol.asyncDispose]()
  throw new Error(`larder did not start:\n${said}`)
}

async function isReady(url: string, child: ChildProcess): Promise<boolean> {
  const giveUpAt = performance.now() + START_WITHIN_MS
  while (performance.now() < giveUpAt && child.exitCode === null) {
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    if (answer?.ok) return true
    await wait(50)
  }
  return false
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

async function writeTo(path: string, text: string): Promise<void> {
  await using file = await open(path, 'w', 0o600)
  await file.writeFile(text)
}

/** Free a moment ago; good enough where nobody else is looking for ports. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
