import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/*
 * A program that runs inside the image: it measures the start and the memory of Larder, and those of
 * a Node that does nothing. It alternates between them, because the machine may be busy.
 */

const ROUNDS = 5
const SETTLED_AFTER_MS = 3_000
const POLL_MS = 2
const SOCKET = '/tmp/private.sock'
const REQUEST = 'GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'
const environment = {
  ...process.env,
  LARDER_DATA_DIR: '/tmp/data',
  LARDER_LISTEN: `unix:${SOCKET}`,
  LARDER_PUBLIC_LISTEN: 'unix:/tmp/public.sock',
  LARDER_MASTER_KEY: randomBytes(32).toString('base64'),
  LARDER_API_KEY: randomBytes(32).toString('hex'),
}

export type Measured = {
  readonly startMs: number
  readonly rssMiB: number
  readonly anonMiB: number
}

const rounds: { readonly larder: Measured; readonly bare: Measured }[] = []
// The first start makes the vault.
await larder()
for (let round = 0; round < ROUNDS; round++)
  rounds.push({ larder: await larder(), bare: await bare() })
process.stdout.write(
  JSON.stringify({
    larder: medians(rounds.map((round) => round.larder)),
    bare: medians(rounds.map((round) => round.bare)),
  }),
)

async function larder(): Promise<Measured> {
  const began = performance.now()
  const daemon = run(['/opt/larder/dist/larder.cjs', 'serve'])
  while (!(await isReady())) {
    if (daemon.exitCode !== null) throw new Error('the daemon ended')
    await wait(POLL_MS)
  }
  return measured(daemon, performance.now() - began)
}

async function bare(): Promise<Measured> {
  const began = performance.now()
  await once(run(['-e', '0']), 'exit')
  const startMs = performance.now() - began
  return measured(run(['-e', 'setTimeout(() => {}, 60_000)']), startMs)
}

function run(words: readonly string[]): ChildProcess {
  return spawn(process.execPath, words, {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function measured(child: ChildProcess, startMs: number): Promise<Measured> {
  await wait(SETTLED_AFTER_MS)
  const rollup = readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8')
  const mib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]) / 1024
  child.kill('SIGTERM')
  await once(child, 'exit')
  return { startMs, rssMiB: mib('Rss'), anonMiB: mib('Anonymous') }
}

function isReady(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(SOCKET, () => socket.write(REQUEST))
    let answer = ''
    socket.on('data', (bytes) => (answer += String(bytes)))
    socket.on('error', () => resolve(false))
    socket.on('close', () => resolve(answer.startsWith('HTTP/1.1 200 ')))
  })
}

function medians(all: readonly Measured[]): Measured {
  const median = (name: keyof Measured) =>
    all.map((one) => one[name]).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0
  return { startMs: median('startMs'), rssMiB: median('rssMiB'), anonMiB: median('anonMiB') }
}
