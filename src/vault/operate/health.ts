import { SealError, StoreError, type StoreFailure } from '../../core/base/errors.ts'
import type { Instant, ProviderId } from '../../core/base/ids.ts'
import { overdueMs } from '../../core/refresh/overdue.ts'
import { Secret } from '../../core/base/secret.ts'
import { type WebhookId, type WebhookStatus, webhookStatus } from '../../core/events/webhook.ts'
import type { JobPulse, Ports } from '../../ports/ports.ts'
import type { FileCheck } from '../../ports/file-check.ts'
import type { Census } from '../../ports/store.ts'
import type { SecretInUse } from '../../ports/token-endpoint.ts'
import { type ListedWebhook, listWebhooks } from '../webhooks/list-webhooks.ts'
import type { CircuitReason } from '../../core/refresh/refresh-outcome.ts'

export type Readiness =
  | { readonly ready: true }
  /** `reason`: a `StoreFailure`, or `stopping`. */
  | { readonly ready: false; readonly reason: string }

/** The name of the job that starts due refreshes. */
export const SCAN = 'refresh-due'

/** Values are null if they cannot be read because the database fails. */
export type Health = {
  readonly stopping: boolean
  /** `reason`: a `StoreFailure`. */
  readonly database: {
    readonly ok: boolean
    readonly reason: string | null
    readonly check: FileCheck
  }
  /** Whether a value can be sealed and opened again. */
  readonly key: { readonly ok: boolean }
  /** Rotations that are in the journal, but not in the database yet. */
  readonly journal: { readonly waiting: number }
  readonly scheduler: {
    /** When the last complete scan for due refreshes ended. */
    readonly lastScanAt: Instant | null
    readonly lagMs: number
    readonly jobs: readonly JobPulse[]
  }
  readonly oldestOverdueMs: number | null
  readonly revocationsQueued: number | null
  readonly connections: Census['byStatus'] | null
  readonly providers: readonly {
    readonly id: ProviderId
    readonly state: 'ok' | CircuitReason
    readonly since: Instant | null
    readonly retryAt: Instant | null
    /** Null: the configured client has no secret. */
    readonly clientSecret: SecretInUse | null
  }[]
  readonly webhooks:
    | readonly {
        readonly id: WebhookId
        readonly state: WebhookStatus
        readonly since: Instant | null
        readonly retryAt: Instant | null
        readonly behind: number
        readonly held: number
        readonly lost: number
      }[]
    | null
}

/** Larder is ready if the database accepts a write, because then rotations can be stored. */
export async function checkReadiness(ports: Pick<Ports, 'store' | 'pulse'>): Promise<Readiness> {
  if (ports.pulse.stopping) return { ready: false, reason: 'stopping' }
  const failure = await writeFailure(ports)
  return failure === null ? { ready: true } : { ready: false, reason: failure }
}

async function writeFailure({ store }: Pick<Ports, 'store'>): Promise<StoreFailure | null> {
  try {
    await store.sharedProbe()
    return null
  } catch (error) {
    if (error instanceof StoreError) return error.reason
    throw error
  }
}

export async function readHealth(
  ports: Pick<
    Ports,
    | 'clock'
    | 'store'
    | 'sealer'
    | 'pulse'
    | 'providers'
    | 'traffic'
    | 'endpoint'
    | 'webhooks'
    | 'journal'
  >,
): Promise<Health> {
  const now = ports.clock.now()
  const failure = await writeFailure(ports)
  const census = await knownOrNull(() => ports.store.census(now))
  const webhooks = await knownOrNull(() => listWebhooks(ports))
  const { stopping, lagMs, jobs } = ports.pulse
  const lastScanAt = jobs.find(({ name }) => name === SCAN)?.lastEndedAt ?? null
  return {
    stopping,
    database: { ok: failure === null, reason: failure, check: ports.store.lastCheck },
    key: { ok: keyWorks(ports) },
    journal: { waiting: ports.journal.entries.length },
    scheduler: { lastScanAt, lagMs, jobs },
    oldestOverdueMs: census && overdueMs(census.oldestDue, ports.providers, now),
    revocationsQueued: census && census.revocationsQueued,
    connections: census && census.byStatus,
    providers: [...ports.providers.keys()].map((id) => stateOf(ports, id)),
    webhooks: webhooks && webhooks.map(healthOfWebhook),
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
  const fault = open === null ? ports.endpoint.faultOf(id) : null
  return {
    id,
    state: open?.reason ?? fault?.reason ?? ('ok' as const),
    since: open?.since ?? fault?.since ?? null,
    retryAt: open?.until ?? fault?.retryAt ?? null,
    clientSecret: ports.endpoint.secretInUse(id),
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
