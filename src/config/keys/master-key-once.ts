import type { Secret } from '../../core/base/secret.ts'

/** The master key of the settings. It can be taken once, as bytes that the receiver must wipe. */
export class MasterKeyOnce {
  #bytes: Uint8Array | null

  /** 32 bytes in base64. */
  constructor(text: Secret) {
    this.#bytes = Buffer.from(text.expose(), 'base64')
  }

  take(): Uint8Array {
    const bytes = this.#bytes
    if (bytes === null) throw new Error('the master key was already taken')
    this.#bytes = null
    return bytes
  }

  toJSON(): string {
    return '[secret]'
  }
}
