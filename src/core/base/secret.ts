import { SealError } from './errors.ts'

/** A string that cannot be printed, logged or serialised by accident. */
export class Secret implements Sealed {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The only access to the value. A test lists the files that may call this method. */
  expose(): string {
    return this.#value
  }

  /** A secret is a sealed value that is already open. */
  open(): Secret {
    return this
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}

/**
 * A secret that stays encrypted until it is needed: refresh tokens, client secrets, verifiers.
 * `open` throws `SealError` if the blob is corrupt, was moved, or was sealed with a key that is
 * missing.
 */
export interface Sealed {
  open(): Secret
}

/** Returns null for a value that is absent or does not open. */
export function openOrNull(sealed: Sealed | null): Secret | null {
  try {
    return sealed?.open() ?? null
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}
