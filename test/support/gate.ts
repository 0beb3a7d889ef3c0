/** Something that waits at it goes on when it is open. */
export class Gate {
  #open = Promise.withResolvers<void>()
  #waiting = 0

  constructor(state: 'open' | 'closed') {
    if (state === 'open') this.open()
  }

  /** How many have come to it while it was closed. */
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
