import { SealError } from '../core/base/errors.ts'
import type { Place } from '../ports/ports.ts'
import { BLOB_VERSION } from './sealed-blob.ts'
import { lengthPrefixed } from './length-prefixed.ts'

/**
 * The associated data of a blob. A blob that is copied to another vault, row, column or generation
 * does not open there. So a person who can write the database can destroy values, but not swap
 * them.
 */
export function associatedData(vaultId: string, keyId: Uint8Array, place: Place): Uint8Array {
  if (!Number.isSafeInteger(place.generation) || place.generation < 0) {
    throw new SealError('the place has no generation')
  }
  const generation = Buffer.alloc(8)
  generation.writeUInt32BE(Math.floor(place.generation / 2 ** 32), 0)
  generation.writeUInt32BE(place.generation % 2 ** 32, 4)
  const { table, row, field } = place
  return lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, row, field, generation, keyId)
}
