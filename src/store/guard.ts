import { AsyncLocalStorage } from 'node:async_hooks'
import { StoreError, type StoreFailure } from '../core/base/errors.ts'

/** Reports how the database does, in one place. */
export type StoreReport = {
  /** A read or a write failed after its last try. */
  readonly onFailed: (reason: StoreFailure) => void
  /** A write succeeded, and no damage is known. */
  readonly onWritten: () => void
}

/** All access to the database: sorts its errors, and throws instead of waiting forever. */
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

  /** Runs the work of a transaction. */
  async inside<T>(work: () => Promise<T>): Promise<T> {
    const transaction = { isOpen: true }
    try {
      return await this.#transaction.run(transaction, work)
    } finally {
      transaction.isOpen = false
    }
  }

  /** One try; its failure is reported. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.attempt(work)
    } catch (error) {
      this.noteFailure(error)
      throw error
    }
  }

  /** One of several tries; the caller reports the last failure. */
  async attempt<T>(work: () => Promise<T>): Promise<T> {
    this.assertOutside()
    if (this.#isClosed) throw new StoreError('unreachable', new Error('the store is closed'))
    try {
      return await work()
    } catch (error) {
      const sorted = this.#sortError(error)
      if (sorted instanceof StoreError && sorted.reason === 'corrupt') this.#damage = sorted
      throw sorted
    }
  }

  noteFailure(error: unknown): void {
    if (error instanceof StoreError && !this.#isClosed) this.#report.onFailed?.(error.reason)
  }

  noteWritten(): void {
    if (this.#damage === null) this.#report.onWritten?.()
  }

  /** Damage stays known, even if other reads and writes succeed. */
  assertWhole(): void {
    if (this.#damage !== null) throw this.#damage
  }

  /** There is one connection, so the store inside a transaction would wait for itself. */
  assertOutside(): void {
    if (this.#transaction.getStore()?.isOpen) {
      throw new Error('the store was asked inside a transaction: use trx')
    }
  }

  close(): void {
    this.#isClosed = true
  }
}
