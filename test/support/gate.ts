/** A gate at which code waits while it is closed. */
export class Gate {
  #open = Promise.withResolvers<void>()
  #waiting = 0

  constructor(state: 'open' | 'closed') {
    if (state === 'open') this.open()
  }

  /** Number of callers that reached the gate while it was closed. */
  get waiting(): number {
    return this.#waiting
  }

  open(): void {
    this.#open.resolve()
  }

  close(): void {
    this.#open = Promise.withResolvers<void>()
    this.#waiting = 0
  }

  async pass(): Promise<void> {
    this.#waiting++
    await this.#open.promise
  }
}
