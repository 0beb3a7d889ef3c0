import type { CircuitReason } from '../core/circuit.ts'
import { SealError, StoreError } from '../core/errors.ts'
import type { Instant, ProviderId } from '../core/ids.ts'
import { Secret } from '../core/secret.ts'
import type { Census, Ports } from '../ports.ts'

export type Readiness =
  | { readonly ready: true }
  /** `reason`: a `StoreFailure`, or `stopping`. */
  | { readonly ready: false; readonly reason: string }

export type Health = {
  readonly database: { readonly ok: boolean; readonly reason: string | null }
  /** Whether what is sealed opens again. */
  readonly key: { readonly ok: boolean }
  readonly scheduler: { readonly lastScanAt: Instant | null; readonly lagMs: number }
  readonly oldestOverdueMs: number
  readonly revocationsQueued: number
  readonly connections: Census['byStatus']
  readonly providers: readonly {
    readonly id: ProviderId
    readonly state: 'ok' | CircuitReason
    readonly since: Instant | null
    readonly retryAt: Instant | null
  }[]
}

/** Whether rotations can be kept: the database is there and takes a write. */
export async function checkReadiness(ports: Pick<Ports, 'store' | 'pulse'>): Promise<Readiness> {
  if (ports.pulse.stopping) return { ready: false, reason: 'stopping' }
  try {
    await ports.store.probe()
    return { ready: true }
  } catch (error) {
    if (error instanceof StoreError) return { ready: false, reason: error.reason }
    throw error
  }
}

export async function checkHealth(
  ports: Pick<Ports, 'clock' | 'store' | 'sealer' | 'pulse' | 'providers' | 'traffic' | 'endpoint'>,
): Promise<Health> {
  const now = ports.clock.now()
  const readiness = await checkReadiness(ports)
  const census = await censusOrNull(ports, now)
  const { lastScanAt, lagMs } = ports.pulse
  return {
    database: { ok: readiness.ready, reason: readiness.ready ? null : readiness.reason },
    key: { ok: keyWorks(ports) },
    scheduler: { lastScanAt, lagMs },
    oldestOverdueMs: census?.oldestDueAt == null ? 0 : Math.max(0, now - census.oldestDueAt),
    revocationsQueued: census?.revocationsQueued ?? 0,
    connections: census?.byStatus ?? [],
    providers: [...ports.providers.keys()].map((id) => stateOf(ports, id)),
  }
}

function keyWorks(ports: Pick<Ports, 'sealer'>): boolean {
  const place = { table: 'health', row: 'key', field: 'check', generation: 0 }
  try {
    ports.sealer.open(ports.sealer.seal(new Secret('check'), place), place)
    return true
  } catch (error) {
    if (error instanceof SealError) return false
    throw error
  }
}

async function censusOrNull(ports: Pick<Ports, 'store'>, now: Instant): Promise<Census | null> {
  try {
    return await ports.store.census(now)
  } catch (error) {
    if (error instanceof StoreError) return null
    throw error
  }
}

function stateOf(ports: Pick<Ports, 'traffic' | 'endpoint'>, id: ProviderId) {
  const { open } = ports.traffic.circuit(id, ports.endpoint.clientKey(id, null))
  return {
    id,
    state: open?.reason ?? ('ok' as const),
    since: open?.since ?? null,
    retryAt: open?.until ?? null,
  }
}
