import { randomBytes } from 'node:crypto'
import Database from 'better-sqlite3'
import sodium from 'libsodium-wrappers'
import { Agent, request } from 'undici'
import { percentile } from '../../test/scripted-provider/checker/load.ts'
import { answerMessages } from '../support/child.ts'
import { refreshTokenOf } from '../support/connections.ts'
import type { Load } from '../support/load.ts'

/**
 * The least work of a refresh: one POST over a new socket, two values sealed with libsodium, one row
 * updated in a durable transaction that all waiting refreshes share. The arguments are the token
 * endpoint, the path of a new database and the number of its rows.
 */
export type Demand = { readonly seconds: number; readonly concurrency: number }

const [tokenEndpoint = '', path = '', size = '0'] = process.argv.slice(2)
const rows = Number(size)
const KEY_BYTES = 32
const NONCE_BYTES = 24

await sodium.ready
const key = randomBytes(KEY_BYTES)
const raw = openDatabase()
const update = raw.prepare(
  'update connections set access_token = ?, refresh_token = ?, due_at = ? where id = ?',
)
const agent = new Agent({ pipelining: 0, allowH2: false })
let waiting: { readonly write: () => void; readonly done: () => void }[] = []
let started = 0

answerMessages((demand: Demand) => run(demand))
process.once('disconnect', () => process.exit(0))

async function run({ seconds, concurrency }: Demand): Promise<Load> {
  const latencies: number[] = []
  const began = performance.now()
  const until = began + seconds * 1_000
  const one = async () => {
    while (performance.now() < until) {
      const sentAt = performance.now()
      await refresh(started++ % rows)
      latencies.push(performance.now() - sentAt)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, one))
  const perSecond = (latencies.length * 1_000) / (performance.now() - began)
  return { perSecond, p50Ms: percentile(latencies, 0.5), p99Ms: percentile(latencies, 0.99) }
}

async function refresh(n: number): Promise<void> {
  const { statusCode, body } = await request(tokenEndpoint, {
    method: 'POST',
    dispatcher: agent,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshTokenOf(n),
      client_id: 'bench',
      client_secret: 'bench-secret',
    }).toString(),
  })
  const answer = (await body.json()) as Readonly<Record<string, string>>
  if (statusCode !== 200) throw new Error(`the token endpoint answered ${statusCode}`)
  const access = seal(answer['access_token'] ?? '')
  const next = seal(answer['refresh_token'] ?? '')
  await commit(() => update.run(access, next, Date.now() + 3_600_000, n))
}

/** Resolves when the write is durable. */
function commit(write: () => void): Promise<void> {
  return new Promise((done) => {
    if (waiting.length === 0) setImmediate(commitAll)
    waiting.push({ write, done })
  })
}

function commitAll(): void {
  const all = waiting
  waiting = []
  raw.exec('begin immediate')
  for (const { write } of all) write()
  raw.exec('commit')
  for (const { done } of all) done()
}

function seal(text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const place = 'the place of this value'
  return Buffer.concat([
    nonce,
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(text, place, null, nonce, key),
  ])
}

/** A table with rows as long as Larder's and an index on the due time. */
function openDatabase(): Database.Database {
  const opened = new Database(path)
  opened.pragma('journal_mode = wal')
  opened.pragma('synchronous = full')
  opened.exec(`create table connections (
    id integer primary key, profile blob, access_token blob, refresh_token blob, due_at integer)`)
  opened.exec('create index due on connections (due_at)')
  const insert = opened.prepare('insert into connections values (?, ?, ?, ?, 0)')
  opened.exec('begin')
  for (let n = 0; n < rows; n++) {
    insert.run(n, randomBytes(700), randomBytes(260), randomBytes(180))
  }
  opened.exec('commit')
  // After the first write in WAL mode, the driver's own default takes effect.
  opened.pragma('synchronous = full')
  return opened
}
