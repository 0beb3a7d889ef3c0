import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { stringify } from 'yaml'
import { newId, type ProviderId, type UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { storedTokensOf } from '../crash/vault-files.ts'
import { atMost, below, exactly, type Figure, figure, round } from '../support/figures.ts'
import { LarderApi } from '../support/larder-api.ts'
import {
  type Installation,
  makeInstallation,
  startLarderProcess,
} from '../support/larder-process.ts'
import { makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { leaksOf, listConnections, seenConnection } from '../support/observe-larder.ts'
import { masterKey, openVaultStore } from '../support/open-vault-store.ts'
import { check } from '../scripted-provider/checker/check.ts'
import { latenessOf, loadOf, percentile } from '../scripted-provider/checker/load.ts'
import type { ServedToken } from '../scripted-provider/checker/observations.ts'
import type { MintedGrant } from '../scripted-provider/commands.ts'
import type { FamilyId } from '../scripted-provider/ledger.ts'
import type { ScriptedProvider } from '../scripted-provider/scripted-provider.ts'
import { startScriptedProvider } from '../scripted-provider/start-scripted-provider.ts'
import { until } from '../support/until.ts'
import { settingsFor } from '../support/vault-stage.ts'

const ACME = 'acme' as ProviderId
const LIVE = 50
const ANSWER_MS = 20
const HOUR_MS = 3_600_000
const LONGEST_MS = 1_200_000
const READ_P99_MS = 50

export type Herd = {
  readonly seed: string
  readonly expired: number
  readonly hanging: number
  readonly concurrency: number
  readonly ratePerSecond: number
  readonly refreshed: number
  readonly seconds: number
  readonly mostAtOnce: number
  readonly mostPerSecond: number
  readonly latenessP99Seconds: number
  readonly reads: number
  readonly readP50Ms: number
  readonly readP99Ms: number
  readonly disconnected: number
  readonly violations: readonly string[]
}

export type HerdOptions = Pick<
  Herd,
  'seed' | 'expired' | 'hanging' | 'concurrency' | 'ratePerSecond'
>

/**
 * Starts Larder with a herd of expired tokens. The provider never answers some refreshes. Meanwhile
 * the app reads tokens that are still valid.
 */
export async function herd(play: HerdOptions): Promise<Herd> {
  await using provider = await startScriptedProvider({ profile: 'strict', seed: play.seed })
  const expired = await provider.mintGrants(play.expired, { accessTokenSeconds: 0 })
  const live = await provider.mintGrants(LIVE)
  const silent = new Set(expired.slice(0, play.hanging).map(({ family }) => family))
  await provider.misbehave({ act: 'silence' }, { family: [...silent] })
  await provider.misbehave({ act: 'delay', before: 'answer', ms: ANSWER_MS })
  await using at = await install(provider, play)
  const readable = await fill(at.dataDir, { expired, live })
  const { seconds, latencies, ...seen } = await startAndRead(
    { provider, at, silent },
    play,
    readable,
  )

  const truth = await provider.truth()
  const limits = { requestsAtOnce: play.concurrency, requestsPerSecond: play.ratePerSecond }
  const healthy = truth.families.filter(({ id }) => !silent.has(id))
  return {
    ...play,
    ...loadOf(truth),
    refreshed: healthy.filter(({ refreshTokens }) => refreshTokens.length > 1).length,
    seconds: round(seconds),
    // I8 is not checked, because the tokens were late before the start. The report has the figure.
    latenessP99Seconds: round(percentile(latenessOf(truth, silent), 0.99) / 1000),
    reads: latencies.length,
    readP50Ms: round(percentile(latencies, 0.5)),
    readP99Ms: round(percentile(latencies, 0.99)),
    disconnected: seen.connections.filter(({ status }) => status === 'disconnected').length,
    violations: check(truth, seen, limits).map(({ message }) => message),
  }
}

export function herdFigures(report: Herd): readonly Figure[] {
  const { expired, hanging, refreshed, mostAtOnce, mostPerSecond, readP99Ms } = report
  const { concurrency, ratePerSecond, disconnected, violations } = report
  return [
    figure('expired', expired),
    figure('hanging', hanging),
    figure('refreshed', refreshed, exactly(expired - hanging, refreshed)),
    figure('seconds', report.seconds),
    figure('most at once', mostAtOnce, atMost(concurrency, mostAtOnce)),
    figure('most in a second', mostPerSecond, atMost(ratePerSecond, mostPerSecond)),
    figure('without a token, p99', `${report.latenessP99Seconds} s`),
    figure('reads of valid tokens', report.reads),
    figure('a read, p50', `${report.readP50Ms} ms`),
    figure('a read, p99', `${readP99Ms} ms`, below(READ_P99_MS, readP99Ms, ' ms')),
    figure('disconnected', disconnected, exactly(0, disconnected)),
    figure('violations', violations.length, exactly(0, violations.length)),
  ]
}

function install(provider: ScriptedProvider, { concurrency, ratePerSecond }: HerdOptions) {
  return makeInstallation({
    configuration: stringify({
      providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
      refresh: { concurrencyPerProvider: concurrency, ratePerSecond },
    }),
    environment: { LARDER_MASTER_KEY: Buffer.from(masterKey()).toString('base64') },
  })
}

type Scene = {
  readonly provider: ScriptedProvider
  readonly at: Installation
  /** Grants whose requests the provider never answers. */
  readonly silent: ReadonlySet<FamilyId>
}
type Readable = { readonly id: string; readonly family: FamilyId }

/** Starts Larder and reads live tokens until every grant that can be refreshed is. */
async function startAndRead(scene: Scene, play: HerdOptions, readable: readonly Readable[]) {
  const { provider, at } = scene
  const began = performance.now()
  await using larder = await startLarderProcess(at)
  const api = new LarderApi(at)
  const stop = new AbortController()
  const reading = readAll({ api, provider, end: stop.signal }, readable)
  await Promise.race([answered(provider, play.expired - play.hanging), reading])
  const seconds = (performance.now() - began) / 1000
  stop.abort()
  const { served, latencies } = await reading
  const connections = await settled(scene, api)
  larder.kill('SIGKILL')
  const kills = [provider.now()]
  await larder.ended
  const [stored, leaks] = [await storedTokensOf(at.dataDir), await leaksOf(at, provider.mark)]
  return { seconds, latencies, served, connections, kills, stored, leaks }
}

/** Writes connections into the store, as an earlier process would have. Returns the live ones. */
async function fill(
  dataDir: string,
  grants: { readonly expired: readonly MintedGrant[]; readonly live: readonly MintedGrant[] },
): Promise<readonly Readable[]> {
  await using vault = await openVaultStore({ dataDir })
  const now = Date.now()
  const expired = grants.expired.map((grant, index) =>
    connectionOf(grant, { issuedAt: now - 2 * HOUR_MS, dueAt: now - HOUR_MS - index }),
  )
  const live = grants.live.map((grant) =>
    connectionOf(grant, { issuedAt: now, dueAt: now + HOUR_MS }),
  )
  const connections = [...expired, ...live]
  for (let from = 0; from < connections.length; from += 500) {
    await vault.store.write(async (trx) => {
      for (const connection of connections.slice(from, from + 500))
        await trx.insertConnection(connection)
    })
  }
  return live.map(({ id, userId }) => ({ id, family: userId as string as FamilyId }))
}

function connectionOf(
  { family, account, accessToken, refreshToken }: MintedGrant,
  { issuedAt, dueAt }: { readonly issuedAt: number; readonly dueAt: number },
) {
  const token = makeToken({
    secret: new Secret(accessToken),
    issuedAt,
    expiresAt: issuedAt + HOUR_MS,
  })
  return makeConnection({
    id: newId('con', issuedAt, randomBytes(10)),
    userId: family as string as UserId,
    provider: ACME,
    account: { ...account, name: null },
    grant: makeGrant({
      id: newId('grt', issuedAt, randomBytes(10)),
      token,
      refreshToken: new Secret(refreshToken),
    }),
    dueAt,
  })
}

async function readAll(
  by: { readonly api: LarderApi; readonly provider: ScriptedProvider; readonly end: AbortSignal },
  all: readonly Readable[],
) {
  const { api, provider, end } = by
  const served: ServedToken[] = []
  const latencies: number[] = []
  for (let n = 0; !end.aborted; n++) {
    const one = all[n % all.length]
    if (one === undefined) break
    const askedAt = provider.now()
    const { status, text, body } = await api.get(`/v1/connections/${one.id}/token`)
    if (status !== 200) throw new Error(`a valid token was not served: ${text}`)
    const { accessToken } = body as { readonly accessToken: string }
    const answeredAt = provider.now()
    served.push({ family: one.family, accessToken, askedAt, answeredAt, minTtlMs: 60_000 })
    latencies.push(answeredAt - askedAt)
    api.answers.length = 0
  }
  return { served, latencies }
}

/** Waits for the provider's own notice, because polling all of its records would slow it down. */
async function answered(provider: ScriptedProvider, count: number): Promise<void> {
  const late = new AbortController()
  const tooLong = wait(LONGEST_MS, 'too long', { signal: late.signal }).catch(() => null)
  const all = provider.until({ endpoint: 'token', phase: 'answered', count })
  const first = await Promise.race([all, tooLong])
  late.abort()
  if (first === 'too long') throw new Error('not all grants were refreshed within twenty minutes')
}

/** Waits until the last refreshes are stored, and lists the connections. */
async function settled({ provider, silent }: Scene, api: LarderApi) {
  const listed = await until('every connection that can be refreshed to be alive', async () => {
    const all = await listConnections(api)
    const waiting = all.filter(({ userId, alive }) => !alive && !silent.has(userId))
    return waiting.length === 0 && all
  })
  const seenAt = provider.now()
  return listed.map((one) => seenConnection(one, seenAt))
}
