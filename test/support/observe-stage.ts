import { inspect } from 'node:util'
import { isLive } from '../../src/core/connection/connection.ts'
import { viewConnection, viewStoredEvent } from '../../src/core/events/connection-view.ts'
import { VaultError } from '../../src/core/base/errors.ts'
import type { ConnectionId } from '../../src/core/base/ids.ts'
import { getToken } from '../../src/vault/tokens/get-token.ts'
import { filesHolding, found } from './canary.ts'
import type {
  Observations,
  SeenConnection,
  ServedToken,
  StoredToken,
} from '../scripted-provider/checker/observations.ts'
import type { FamilyId } from '../scripted-provider/ledger.ts'
import { OPERATOR, type Stage } from './vault-stage.ts'

/** A connection of a stage, and its grant. */
export type Held = {
  readonly family: FamilyId
  readonly connection: { readonly id: ConnectionId }
}

/** The state of these connections in a stage, for the checker. */
export async function observeStage(
  stage: Stage,
  all: readonly Held[],
): Promise<
  Required<Pick<Observations, 'leaks'>> & {
    readonly connections: readonly SeenConnection[]
    readonly stored: readonly StoredToken[]
  }
> {
  const looks = await Promise.all(all.map((one) => look(stage, one)))
  return {
    connections: looks.map(({ seen }) => seen),
    stored: looks.flatMap(({ stored }) => stored),
    leaks: await leaksOf(stage),
  }
}

async function look(
  { vault, clock, provider }: Stage,
  { family, connection: { id } }: Held,
): Promise<{ readonly seen: SeenConnection; readonly stored: readonly StoredToken[] }> {
  const connection = await vault.store.connection(id)
  const seenAt = provider.now()
  if (connection === null) {
    const seen = { family, status: 'missing', reason: null, alive: false, seenAt } as const
    return { seen, stored: [] }
  }
  const { status, alive, failure } = viewConnection(connection, clock.now())
  const refreshToken = isLive(connection) ? connection.grant.refreshToken : null
  return {
    seen: { family, status, alive, reason: failure?.reason ?? null, seenAt },
    stored: refreshToken === null ? [] : [{ family, refreshToken: refreshToken.open().expose() }],
  }
}

const MIN_TTL_SECONDS = 60

/** Reads a token, for the checker. Empty if the read is refused. */
export async function serveFrom(
  stage: Stage,
  { family, connection: { id } }: Held,
): Promise<ServedToken[]> {
  const askedAt = stage.provider.now()
  const demand = { target: { id }, minTtlSeconds: MIN_TTL_SECONDS, rejected: null }
  const served = await getToken(stage.ports, OPERATOR, demand).catch(orRefusal)
  const accessToken = served?.connection.grant.token?.secret.expose()
  if (accessToken === undefined) return []
  const answeredAt = stage.provider.now()
  return [{ family, accessToken, askedAt, answeredAt, minTtlMs: MIN_TTL_SECONDS * 1000 }]
}

function orRefusal(error: unknown): null {
  if (error instanceof VaultError) return null
  throw error
}

/** The places with the provider's mark: reported events and files. */
async function leaksOf({ vault, provider, observed }: Stage): Promise<readonly string[]> {
  const canary = { name: 'mark', value: provider.mark }
  const events = await vault.store.events({ after: 0, limit: 100_000, reach: OPERATOR })
  const told = {
    'what is observed': inspect(observed, { depth: null, maxArrayLength: null }),
    'an event': JSON.stringify(events.map(viewStoredEvent)),
  }
  const inWords = Object.entries(told).filter(([, text]) => found([canary], text).length > 0)
  return [...inWords.map(([where]) => where), ...(await filesHolding(provider.mark, vault.dataDir))]
}
