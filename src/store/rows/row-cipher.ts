import { SealError } from '../../core/base/errors.ts'
import { parseJson } from '../../core/base/json.ts'
import { type Sealed, Secret } from '../../core/base/secret.ts'
import type { Place, Sealer } from '../../ports/ports.ts'

/** A sealed column that did not open. */
export type Unreadable = {
  readonly id: string
  readonly table: string
  readonly field: string
}

/** Seals and opens columns. Reports show `id`, because the `row` of a place may contain more. */
export type RowCipher = {
  readonly sealer: Sealer
  readonly onUnreadable: (unreadable: Unreadable) => void
}

export type ColumnPlace = Place & { readonly id: string }

/** The place of a column that has no generations. */
export function rowPlace(table: string, id: string, field: string): ColumnPlace {
  return { id, table, row: id, field, generation: 0 }
}

export function sealJson(cipher: RowCipher, value: unknown, place: ColumnPlace): Uint8Array {
  return cipher.sealer.seal(new Secret(JSON.stringify(value)), place)
}

/**
 * Seals a value for its new place. If the value does not open, reports the value and returns null,
 * so that the connection can still be reconnected or deleted.
 */
export function sealSecret(
  cipher: RowCipher,
  value: Sealed | null,
  place: ColumnPlace,
): Uint8Array | null {
  if (value === null) return null
  try {
    return cipher.sealer.seal(value.open(), place)
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    report(cipher, place)
    return null
  }
}

/**
 * Returns null and reports if the blob does not open. A blob that opens was written by `sealJson`
 * for this place, so its shape is not checked.
 */
export function openJson(cipher: RowCipher, blob: Uint8Array, place: ColumnPlace): unknown {
  try {
    return parseJson(cipher.sealer.open(blob, place).expose())
  } catch (error) {
    if (error instanceof SealError || error instanceof SyntaxError) {
      report(cipher, place)
      return null
    }
    throw error
  }
}

function report(cipher: RowCipher, { id, table, field }: ColumnPlace): void {
  cipher.onUnreadable({ id, table, field })
}

/** The value stays sealed until a caller opens it. */
export function lazySecret(
  cipher: RowCipher,
  blob: Uint8Array | null,
  place: ColumnPlace,
): Sealed | null {
  return blob === null ? null : new SealedColumn(cipher, blob, place)
}

class SealedColumn implements Sealed {
  readonly #cipher: RowCipher
  readonly #blob: Uint8Array
  readonly #place: ColumnPlace

  constructor(cipher: RowCipher, blob: Uint8Array, place: ColumnPlace) {
    this.#cipher = cipher
    this.#blob = blob
    this.#place = place
  }

  open(): Secret {
    return this.#cipher.sealer.open(this.#blob, this.#place)
  }
}
