import type { CircuitReason } from '../core/circuit.ts'
import { SealError, StoreError } from '../core/errors.ts'
import type { Instant, ProviderId } from '../core/ids.ts'
import { Secret } from '../core/secret.ts'
import { type WebhookId, type WebhookStatus, webhookStatus } from '../core/webhook.ts'
import type { Ports } from '../ports.ts'
import type { Census } from '../ports/store.ts'
import { type ListedWebhook, listWebhooks } from './list-webhooks.ts'

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
  readonly webhooks: readonly {
    readonly id: WebhookId
    readonly state: WebhookStatus
    readonly since: Instant | null
    readonly retryAt: Instant | null
    readonly behind: number
    readonly held: number
    readonly lost: number
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
  ports: Pick<
    Ports,
    'clock' | 'store' | 'sealer' | 'pulse' | 'providers' | 'traffic' | 'endpoint' | 'webhooks'
  >,
): Promise<Health> {
  const now = ports.clock.now()
  const readiness = await checkReadiness(ports)
  const census = await knownOrNull(() => ports.store.census(now))
  const webhooks = await knownOrNull(() => listWebhooks(ports))
  const { lastScanAt, lagMs } = ports.pulse
  return {
    database: { ok: readiness.ready, reason: readiness.ready ? null : readiness.reason },
    key: { ok: keyWorks(ports) },
    scheduler: { lastScanAt, lagMs },
    oldestOverdueMs: census?.oldestDueAt == null ? 0 : Math.max(0, now - census.oldestDueAt),
    revocationsQueued: census?.revocationsQueued ?? 0,
    connections: census?.byStatus ?? [],
    providers: [...ports.providers.keys()].map((id) => stateOf(ports, id)),
    webhooks: (webhooks ?? []).map(healthOfWebhook),
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

async function knownOrNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
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

function healthOfWebhook({ state, behind, held }: ListedWebhook) {
  const { id, disabled, failingSince, dueAt, lost } = state
  return {
    id,
    state: webhookStatus(state),
    since: disabled?.at ?? failingSince,
    retryAt: disabled === null && failingSince !== null ? dueAt : null,
    behind,
    held,
    lost,
  }
}
