import { randomBytes } from 'node:crypto'
import { stringify } from 'yaml'
import { newId, type ProviderId, type UserId } from '../../src/core/ids.ts'
import { Secret } from '../../src/core/secret.ts'
import { makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { masterKey, openVaultStore } from '../support/open-vault-store.ts'
import type { MintedGrant } from '../support/scripted-provider/commands.ts'
import { startScriptedProvider } from '../support/scripted-provider/start-scripted-provider.ts'
import { until } from '../support/until.ts'
import { settingsFor } from '../support/vault-stage.ts'

const ACME = 'acme' as ProviderId
const LIVE = 50
const MASTER = 'the master key of the herd'
const ANSWER_MS = 20
const HOUR_MS = 3_600_000

export type Herd = {
  readonly seed: string
  readonly expired: number
  readonly hanging: number
  readonly refreshed: number
  readonly seconds: number
  readonly capConcurrency: number
  readonly mostAtOnce: number
  readonly capPerSecond: number
  readonly mostPerSecond: number
  readonly reads: number
  readonly readP50Ms: number
  readonly readP99Ms: number
  readonly disconnected: number
}

/**
 * A start after a long night: everything has expired, some of it on a path that never answers, and
 * the app reads tokens of users that still have one.
 */
export async function herd(play: {
  readonly expired: number
  readonly hanging: number
  readonly concurrency: number
  readonly ratePerSecond: number
}): Promise<Herd> {
  await using provider = await startScriptedProvider({ profile: 'strict' })
  const grants = await provider.mintGrants(play.expired + LIVE)
  const silent = grants.slice(0, play.hanging).map(({ family }) => family)
  await provider.misbehave({ act: 'silence' }, { family: silent })
  await provider.misbehave({ act: 'delay', before: 'answer', ms: ANSWER_MS })
  await using at = await makeInstallation({
    configuration: stringify({
      providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
      refresh: { concurrencyPerProvider: play.concurrency, ratePerSecond: play.ratePerSecond },
    }),
    environment: { LARDER_MASTER_KEY: Buffer.from(masterKey(MASTER)).toString('base64') },
  })
  const liveIds = await fill(at.dataDir, grants)

  const began = performance.now()
  await using larder = await startLarderProcess(at)
  const api = new LarderApi(at)
  const latencies: number[] = []
  const healthy = play.expired - play.hanging
  const done = async () => (await healthyRefreshes(provider, silent)) >= healthy
  let stop = false
  const reading = readAll(api, liveIds, { latencies, isDone: () => stop })
  await until('all healthy ones to be refreshed', done, 1_200_000)
  const seconds = (performance.now() - began) / 1000
  stop = true
  await reading
  const disconnected = await api.get('/v1/connections?status=disconnected&limit=100')
  larder.kill('SIGKILL')
  await larder.ended
  return {
    seed: provider.seed,
    ...play,
    refreshed: await healthyRefreshes(provider, silent),
    seconds: Math.round(seconds * 10) / 10,
    capConcurrency: play.concurrency,
    capPerSecond: play.ratePerSecond,
    ...(await load(provider)),
    reads: latencies.length,
    readP50Ms: percentile(latencies, 0.5),
    readP99Ms: percentile(latencies, 0.99),
    disconnected: (disconnected.body as { items: unknown[] }).items.length,
  }
}

type Provider = Awaited<ReturnType<typeof startScriptedProvider>>

/** Straight into the store, as a former process would have left it. */
async function fill(dataDir: string, grants: readonly MintedGrant[]) {
  await using vault = await openVaultStore({ dataDir, master: MASTER })
  const now = Date.now()
  const connections = grants.map((grant, index) => {
    const isLive = index >= grants.length - LIVE
    const issuedAt = now - (isLive ? 0 : 2 * HOUR_MS)
    const token = makeToken({
      secret: new Secret(grant.accessToken),
      issuedAt,
      expiresAt: issuedAt + HOUR_MS,
    })
    return makeConnection({
      id: newId('con', now, randomBytes(10)),
      userId: `user-${index}` as UserId,
      provider: ACME,
      account: { ...grant.account, name: null },
      grant: makeGrant({
        id: newId('grt', now, randomBytes(10)),
        token,
        refreshToken: new Secret(grant.refreshToken),
      }),
      dueAt: isLive ? now + HOUR_MS : now - HOUR_MS - index,
    })
  })
  for (let from = 0; from < connections.length; from += 500) {
    await vault.store.write(async (trx) => {
      for (const connection of connections.slice(from, from + 500))
        await trx.insertConnection(connection)
    })
  }
  return connections.slice(-LIVE).map(({ id }) => id)
}

async function readAll(
  api: LarderApi,
  ids: readonly string[],
  { latencies, isDone }: { latencies: number[]; isDone: () => boolean },
): Promise<void> {
  for (let i = 0; !isDone(); i++) {
    const begun = performance.now()
    const answer = await api.get(`/v1/connections/${ids[i % ids.length]}/token`)
    if (answer.status !== 200) throw new Error(`a live token was withheld: ${answer.text}`)
    latencies.push(performance.now() - begun)
    api.answers.length = 0
  }
}

async function healthyRefreshes(provider: Provider, silent: readonly string[]): Promise<number> {
  const { families } = await provider.truth()
  const hanging = new Set<string>(silent)
  return families.filter(({ id, refreshTokens }) => !hanging.has(id) && refreshTokens.length > 1)
    .length
}

async function load(provider: Provider) {
  const requests = await provider.requests({ endpoint: 'token' })
  const ends = requests.flatMap(({ arrivedAt, closedAt, answeredAt }) => [
    { at: arrivedAt, change: 1 },
    { at: answeredAt ?? closedAt ?? Number.POSITIVE_INFINITY, change: -1 },
  ])
  let [open, mostAtOnce] = [0, 0]
  for (const { change } of ends.toSorted((a, b) => a.at - b.at || a.change - b.change)) {
    open += change
    mostAtOnce = Math.max(mostAtOnce, open)
  }
  const arrivals = requests.map(({ arrivedAt }) => arrivedAt).toSorted((a, b) => a - b)
  let mostPerSecond = 0
  for (let first = 0, last = 0; last < arrivals.length; last++) {
    while ((arrivals[last] ?? 0) - (arrivals[first] ?? 0) >= 1_000) first++
    mostPerSecond = Math.max(mostPerSecond, last - first + 1)
  }
  return { mostAtOnce, mostPerSecond }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) /
    10
  )
}
