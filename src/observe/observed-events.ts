import type { StoreFailure } from '../core/base/errors.ts'
import type { ProviderId } from '../core/base/ids.ts'
import type { Metrics } from './metrics.ts'
import type { Observer } from '../ports/observer.ts'

/** One function per business event. It writes a log line, counts a metric, or both. */
export interface Events extends Observer {
  settingDoubted(e: { warning: string }): void
  keysMade(e: { paths: readonly string[] }): void
  /**
   * A new vault was created. Expected at the first start only: at a later start, the volume with
   * the vault is missing.
   */
  vaultMade(e: { vaultId: string }): void
  /** Called for each failed read or write. Logs each reason once until a write succeeds. */
  storeFailed: (reason: StoreFailure) => void
  /** Called for each successful write. Logs a line if the database had failed before. */
  storeWritten: () => void
  /** An index did not match its table. The file is damaged, and the disk may be faulty. */
  indexesRemade(): void
  started(e: {
    version: string
    node: string
    /** See `LARDER_VAULT_ID`. */
    vaultId: string
    privateAddress: string
    publicAddress: string
  }): void
  providerReady(e: { provider: ProviderId; redirectUri: string }): void
  /** The vault has connections of a provider that is not configured. */
  providerMissing(e: { provider: ProviderId; connections: number }): void
  /**
   * The journal had `rotations` that the database did not have. The outcome of `attempts` is
   * unknown, so they are retried.
   */
  recovered(e: { rotations: number; attempts: number }): void
  /** After SIGHUP: `count` secrets of one provider or webhook changed. */
  secretsChanged(e: { provider?: string; webhook?: string; count: number }): void
  /** The secret files are invalid, so Larder continues with the old secrets. */
  secretsRefused(e: { provider?: string; webhook?: string; problems: readonly string[] }): void
  secretsRead(e: { changed: number; refused: number }): void
  /** `reason` is the signal or the error. */
  stopping(e: { reason: string }): void
  stopped(): void
  /** An error in Larder, the database or a provider. The caller got only `requestId`. */
  requestFailed(e: { requestId: string; route: string; error: unknown }): void
  /**
   * One request to the private API, at level `debug`. Logs no path or query of the caller, because
   * a path contains user ids, and a query contains token ids and e-mail addresses.
   */
  requestAnswered(e: {
    method: string
    /** The pattern of the route, not the path. */
    route: string
    status: number
    durationMs: number
    /** Null if the caller sent no known key. */
    keyId: string | null
    /** Null unless the response is an error. */
    requestId: string | null
  }): void
  jobFailed(e: { job: string; error: unknown }): void
  /** A tick of the schedule began, later than planned by `lateMs`. */
  ticked(e: { lateMs: number }): void
  /** The wall clock was set, so the schedule was planned again. */
  clockStepped(e: { byMs: number }): void
  /** Larder did not start. Standard error tells the operator what to fix. */
  refused(e: { error: unknown }): void
  /** An uncaught error. The process ends. */
  crashed(e: { kind: 'serve' | 'uncaughtException' | 'unhandledRejection'; error: unknown }): void
  readonly metrics: Metrics
  /** Writes the queued lines within a second, then closes the log. Never throws. */
  close(): Promise<void>
}
