import { AsyncLocalStorage } from 'node:async_hooks'
import { StoreError, type StoreFailure } from '../core/base/errors.ts'

/** Callbacks for the health of the database. */
export type StoreReport = {
  /** A read or write failed after its last retry. */
  readonly onFailed: (reason: StoreFailure) => void
  /** A write succeeded, and no damage is known. */
  readonly onWritten: () => void
  /** An access found damage for the first time. */
  readonly onDamaged: () => void
}

/**
 * Every access to the database passes through this class. The class classifies errors, and throws
 * if a call would deadlock.
 */
export class Guard {
  readonly #sortError: (error: unknown) => unknown
  readonly #report: Partial<StoreReport>
  readonly #transaction = new AsyncLocalStorage<{ isOpen: boolean }>()
  #damage: StoreError | null = null
  #isClosed = false

  constructor(sortError: (error: unknown) => unknown, report: Partial<StoreReport> = {}) {
    this.#sortError = sortError
    this.#report = report
  }

  /** Runs the callback of a transaction, so that `assertOutside` detects nested calls. */
  async inside<T>(work: () => Promise<T>): Promise<T> {
    const transaction = { isOpen: true }
    try {
      return await this.#transaction.run(transaction, work)
    } finally {
      transaction.isOpen = false
    }
  }

  /** Runs `work` once and reports a failure. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.attempt(work)
    } catch (error) {
      this.noteFailure(error)
      throw error
    }
  }

  /** Like `outside`, for a read that needs no promise if it can end at once. */
  read<T>(work: () => T | Promise<T>): T | Promise<T> {
    this.#assertUsable()
    try {
      const result = work()
      return result instanceof Promise ? result.catch((error) => this.#fail(error)) : result
    } catch (error) {
      return this.#fail(error)
    }
  }

  #fail(error: unknown): never {
    const sorted = this.#sort(error)
    this.noteFailure(sorted)
    throw sorted
  }

  /** Runs `work` as one of several tries. The caller reports the last failure. */
  async attempt<T>(work: () => Promise<T>): Promise<T> {
    this.#assertUsable()
    try {
      return await work()
    } catch (error) {
      throw this.#sort(error)
    }
  }

  /** Call if a check of the database found damage. */
  noteDamage(): void {
    const damage = new StoreError('corrupt', new Error('a check found damage'))
    this.#keepDamage(damage)
    this.noteFailure(damage)
  }

  #sort(error: unknown): unknown {
    const sorted = this.#sortError(error)
    if (sorted instanceof StoreError && sorted.reason === 'corrupt') this.#keepDamage(sorted)
    return sorted
  }

  #keepDamage(damage: StoreError): void {
    if (this.#damage === null) this.#report.onDamaged?.()
    this.#damage = damage
  }

  noteFailure(error: unknown): void {
    if (error instanceof StoreError && !this.#isClosed) this.#report.onFailed?.(error.reason)
  }

  noteWritten(): void {
    if (this.#damage === null) this.#report.onWritten?.()
  }

  /** Throws if any access has found damage, even if later accesses succeeded. */
  assertWhole(): void {
    if (this.#damage !== null) throw this.#damage
  }

  /**
   * There is one database connection, so a call to the store inside a transaction would deadlock.
   */
  assertOutside(): void {
    if (this.#transaction.getStore()?.isOpen) {
      throw new Error('the store was asked inside a transaction: use trx')
    }
  }

  #assertUsable(): void {
    this.assertOutside()
    if (this.#isClosed) throw new StoreError('unreachable', new Error('the store is closed'))
  }

  close(): void {
    this.#isClosed = true
  }
}
