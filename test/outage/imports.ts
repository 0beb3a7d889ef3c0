import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { larder as runLarder } from '../cli/larder.ts'
import { storedTokensOf } from '../crash/vault-files.ts'
import { atMost, exactly, type Figure, figure, round } from '../support/figures.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { leaksOf, listConnections, seenConnection } from '../support/observe-larder.ts'
import { masterKey } from '../support/open-vault-store.ts'
import { check } from '../scripted-provider/checker/check.ts'
import { loadOf } from '../scripted-provider/checker/load.ts'
import type { MintedGrant } from '../scripted-provider/commands.ts'
import { startScriptedProvider } from '../scripted-provider/start-scripted-provider.ts'
import { until } from '../support/until.ts'
import { settingsFor } from '../support/vault-stage.ts'

const ANSWER_MS = 20
/** Tolerance on the time that the rate allows: for the start, the import and the pace of the lane. */
const SLACK = 1.2

export type Imports = {
  readonly seed: string
  readonly lines: number
  readonly concurrency: number
  readonly ratePerSecond: number
  readonly importSeconds: number
  readonly proven: number
  readonly provenAfterSeconds: number
  readonly requests: number
  readonly mostAtOnce: number
  readonly mostPerSecond: number
  readonly disconnected: number
  readonly violations: readonly string[]
}

export type ImportOptions = Pick<Imports, 'seed' | 'lines' | 'concurrency' | 'ratePerSecond'>

/** Imports a file of refresh tokens without `--verify`, and waits until the schedule has proven all. */
export async function imports(play: ImportOptions): Promise<Imports> {
  const { lines, concurrency, ratePerSecond } = play
  await using provider = await startScriptedProvider({ profile: 'strict', seed: play.seed })
  await provider.misbehave({ act: 'delay', before: 'answer', ms: ANSWER_MS })
  await using at = await makeInstallation({
    configuration: stringify({
      providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
      refresh: { concurrencyPerProvider: concurrency, ratePerSecond },
    }),
    environment: { LARDER_MASTER_KEY: Buffer.from(masterKey()).toString('base64') },
  })
  await using larder = await startLarderProcess(at)
  const path = join(at.directory, 'connections.jsonl')
  await writeFile(path, (await provider.mintGrants(lines)).map(lineOf).join(''))

  const began = performance.now()
  const seconds = () => round((performance.now() - began) / 1000)
  const env = { LARDER_URL: at.privateUrl, LARDER_API_KEY: at.apiKey }
  const { code, stderr } = await runLarder(['import', path], { env })
  if (code !== 0) throw new Error(`the import failed: ${stderr}`)
  const importSeconds = seconds()
  await provider.until({ endpoint: 'token', phase: 'answered', count: lines })
  const api = new LarderApi(at)
  const shown = await until('all to be shown as active', async () => {
    const all = await listConnections(api)
    return all.every(({ status }) => status !== 'failing') && all
  })
  const provenAfterSeconds = seconds()

  const seenAt = provider.now()
  const connections = shown.map((one) => seenConnection(one, seenAt))
  const kills = [seenAt]
  larder.kill('SIGKILL')
  await larder.ended
  const [stored, leaks] = [await storedTokensOf(at.dataDir), await leaksOf(at, provider.mark)]
  const truth = await provider.truth()
  const limits = { requestsAtOnce: concurrency, requestsPerSecond: ratePerSecond }
  const seen = { served: [], connections, kills, stored, leaks }
  return {
    ...play,
    ...loadOf(truth),
    importSeconds,
    proven: shown.filter(({ status }) => status === 'active').length,
    provenAfterSeconds,
    requests: (await provider.requests({ endpoint: 'token' })).length,
    disconnected: shown.filter(({ status }) => status === 'disconnected').length,
    violations: check(truth, seen, limits).map(({ message }) => message),
  }
}

export function importsFigures(report: Imports): readonly Figure[] {
  const { lines, concurrency, ratePerSecond, proven, provenAfterSeconds, requests } = report
  const { mostAtOnce, mostPerSecond, disconnected, violations } = report
  const allowed = round((lines / ratePerSecond) * SLACK)
  return [
    figure('lines', lines),
    figure('a second, by the settings', ratePerSecond),
    figure('imported after', `${report.importSeconds} s`),
    figure('proven', proven, exactly(lines, proven)),
    figure('proven after', `${provenAfterSeconds} s`, atMost(allowed, provenAfterSeconds, ' s')),
    figure('requests', requests, exactly(lines, requests)),
    figure('most at once', mostAtOnce, atMost(concurrency, mostAtOnce)),
    figure('most in a second', mostPerSecond, atMost(ratePerSecond, mostPerSecond)),
    figure('disconnected', disconnected, exactly(0, disconnected)),
    figure('violations', violations.length, exactly(0, violations.length)),
  ]
}

function lineOf({ family, account, refreshToken }: MintedGrant): string {
  const line = { userId: family, provider: 'acme', accountId: account.id, refreshToken }
  return `${JSON.stringify(line)}\n`
}
