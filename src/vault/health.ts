import type { CircuitReason } from '../core/circuit.ts'
import type { Instant, ProviderId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

export type Readiness =
  | { readonly ready: true }
  /** `reason`: disk_full, read_only, io_error, locked, corrupt, unreachable, stopping. */
  | { readonly ready: false; readonly reason: string }

export type Health = {
  readonly database: { readonly ok: boolean; readonly reason: string | null }
  readonly key: { readonly ok: boolean }
  readonly scheduler: { readonly lastScanAt: Instant | null; readonly lagMs: number }
  readonly oldestOverdueMs: number
  readonly revocationsQueued: number
  readonly connections: readonly {
    readonly provider: ProviderId
    readonly status: string
    readonly count: number
  }[]
  readonly providers: readonly {
    readonly id: ProviderId
    readonly state: 'ok' | CircuitReason
    readonly since: Instant | null
    readonly retryAt: Instant | null
  }[]
}

/** Whether tokens can be served and rotations kept: database open, key there, writable. */
export async function checkReadiness(_ports: Ports): Promise<Readiness> {
  throw new Error('not written yet')
}

export async function checkHealth(_ports: Ports): Promise<Health> {
  throw new Error('not written yet')
}
