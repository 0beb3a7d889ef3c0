/** Thrown if the master key is not this vault's. Nothing was written, and nothing may be. */
export class WrongKeyError extends Error {
  constructor() {
    super('the master key does not open this vault')
    this.name = 'WrongKeyError'
  }
}
