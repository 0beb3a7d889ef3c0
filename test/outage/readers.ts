import { stringify } from 'yaml'
import { storedTokensOf } from '../crash/vault-files.ts'
import { exactly, type Figure, figure } from '../support/figures.ts'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { leaksOf, listConnections, seenConnection } from '../support/observe-larder.ts'
import { masterKey } from '../support/open-vault-store.ts'
import { check } from '../scripted-provider/checker/check.ts'
import type { ServedToken } from '../scripted-provider/checker/observations.ts'
import type { FamilyId } from '../scripted-provider/ledger.ts'
import type { ScriptedProvider } from '../scripted-provider/scripted-provider.ts'
import { startScriptedProvider } from '../scripted-provider/start-scripted-provider.ts'
import { until } from '../support/until.ts'
import { settingsFor } from '../support/vault-stage.ts'

export type Readers = {
  readonly seed: string
  readonly readers: number
  readonly answerMs: number
  readonly requests: number
  readonly served: number
  readonly differentTokens: number
  readonly revoked: boolean
  readonly violations: readonly string[]
}

/** Many readers, the schedule and a forced refresh want one expired token at once, at a slow provider. */
export async function readers(play: {
  readonly readers: number
  readonly answerMs: number
  readonly seed: string
}): Promise<Readers> {
  await using provider = await startScriptedProvider({ profile: 'strict', seed: play.seed })
  await using at = await makeInstallation({
    configuration: stringify({
      providers: { acme: { ...settingsFor(provider), clientSecret: provider.client.secret } },
    }),
    environment: { LARDER_MASTER_KEY: Buffer.from(masterKey()).toString('base64') },
  })
  await using larder = await startLarderProcess(at)
  const api = new LarderApi(at)
  await provider.misbehave({ act: 'delay', before: 'answer', ms: play.answerMs })
  const one = await importExpiring(provider, api)
  const reads = Array.from({ length: play.readers }, () => readOnce(provider, api, one))
  const forced = api.post(`/v1/connections/${one.id}/refresh`)
  const arrived = async () => (await provider.requests({ endpoint: 'token' })).length
  await until('the refresh to be at the provider', async () => (await arrived()) > 0)
  const served = (await Promise.all(reads)).flat()
  await forced

  const seenAt = provider.now()
  const connections = (await listConnections(api)).map((shown) => seenConnection(shown, seenAt))
  larder.kill('SIGTERM')
  await larder.ended
  const [stored, leaks] = [await storedTokensOf(at.dataDir), await leaksOf(at, provider.mark)]
  const truth = await provider.truth()
  const seen = { served, connections, stored, leaks }
  return {
    ...play,
    requests: await arrived(),
    served: served.length,
    differentTokens: new Set(served.map(({ accessToken }) => accessToken)).size,
    revoked: truth.families[0]?.revoked !== null,
    violations: check(truth, seen, { requests: 1 }).map(({ message }) => message),
  }
}

export function readersFigures(report: Readers): readonly Figure[] {
  const { requests, served, differentTokens, revoked, violations } = report
  return [
    figure('readers', report.readers),
    figure('answer after', `${report.answerMs} ms`),
    figure('requests', requests, exactly(1, requests)),
    figure('served', served, exactly(report.readers, served)),
    figure('different tokens', differentTokens, exactly(1, differentTokens)),
    figure('revoked', String(revoked), exactly('false', String(revoked))),
    figure('violations', violations.length, exactly(0, violations.length)),
  ]
}

type Imported = { readonly id: string; readonly family: FamilyId }

/** Imports a token that expires too soon to be served, so that the schedule refreshes it at once. */
async function importExpiring(provider: ScriptedProvider, api: LarderApi): Promise<Imported> {
  const [grant] = await provider.mintGrants(1)
  if (grant === undefined) throw new Error('no grant was minted')
  const { family, accessToken, refreshToken } = grant
  const { body } = await api.post('/v1/connections', {
    userId: family,
    provider: 'acme',
    accessToken,
    refreshToken,
    expiresInSeconds: 1,
    accountId: 'account-1',
  })
  return { family, id: (body as { readonly id: string }).id }
}

async function readOnce(
  provider: ScriptedProvider,
  api: LarderApi,
  { id, family }: Imported,
): Promise<readonly ServedToken[]> {
  const askedAt = provider.now()
  const { status, body } = await api.get(`/v1/connections/${id}/token`)
  if (status !== 200) return []
  const { accessToken } = body as { readonly accessToken: string }
  return [{ family, accessToken, askedAt, answeredAt: provider.now(), minTtlMs: 60_000 }]
}
