import { AsyncLocalStorage } from 'node:async_hooks'
import { StoreError } from '../core/errors.ts'

/** The one door to the database: sorts what comes out, and says no where waiting would never end. */
export class Guard {
  readonly #sortError: (error: unknown) => unknown
  readonly #transaction = new AsyncLocalStorage<{ isOpen: boolean }>()
  #damage: StoreError | null = null
  #isClosed = false

  constructor(sortError: (error: unknown) => unknown) {
    this.#sortError = sortError
  }

  /** Runs a transaction's own work. */
  async inside<T>(work: () => Promise<T>): Promise<T> {
    const transaction = { isOpen: true }
    try {
      return await this.#transaction.run(transaction, work)
    } finally {
      transaction.isOpen = false
    }
  }

  async outside<T>(work: () => Promise<T>): Promise<T> {
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

  /** What was found damaged stays damaged, whatever else can be read and written meanwhile. */
  assertWhole(): void {
    if (this.#damage !== null) throw this.#damage
  }

  /** There is one connection: inside a transaction anything but `trx` would wait for its own end. */
  assertOutside(): void {
    if (this.#transaction.getStore()?.isOpen) {
      throw new Error('the store was asked inside a transaction: use trx')
    }
  }

  close(): void {
    this.#isClosed = true
  }
}
