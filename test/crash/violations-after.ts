import type { SpawnedLarder } from '../support/larder-process.ts'
import { leaksOf, listConnections, seenConnection } from '../support/observe-larder.ts'
import { check } from '../scripted-provider/checker/check.ts'
import type { Limits } from '../scripted-provider/checker/limits.ts'
import type { CrashStage } from './crash-stage.ts'
import { ARRIVAL_SEEN_WITHIN_MS } from './losses.ts'
import { storedTokensOf } from './vault-files.ts'

/** Ends a run: lists the connections, stops Larder, reads the vault, and returns the checker's findings. */
export async function violationsAfter(
  stage: CrashStage,
  last: {
    readonly larder: SpawnedLarder
    readonly dataDir?: string
    readonly limits?: Partial<Limits>
  },
): Promise<readonly string[]> {
  const { provider, api, at, kills, starts } = stage
  const dataDir = last.dataDir ?? at.dataDir
  const listed = await listConnections(api)
  const seenAt = provider.now()
  const connections = listed.map((one) => seenConnection(one, seenAt))
  last.larder.kill('SIGTERM')
  const ended = await last.larder.ended
  if (ended !== 0) throw new Error(`it ended with ${ended}:\n${await last.larder.output()}`)
  const stored = await storedTokensOf(dataDir)
  const leaks = await leaksOf({ ...at, dataDir }, provider.mark)
  const limits = { arrivalSeenWithinMs: ARRIVAL_SEEN_WITHIN_MS, ...last.limits }
  const seen = { connections, stored, leaks, kills, starts }
  return check(await provider.truth(), seen, limits).map(({ message }) => message)
}
