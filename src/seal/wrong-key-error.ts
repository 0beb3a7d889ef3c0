/**
 * Thrown if the master key belongs to another vault. Nothing was written, and nothing may be
 * written.
 */
export class WrongKeyError extends Error {
  constructor() {
    super('the master key does not open this vault')
    this.name = 'WrongKeyError'
  }
}
