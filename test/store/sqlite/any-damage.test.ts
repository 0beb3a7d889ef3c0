import fc from 'fast-check'
import { expect, test } from 'vitest'
import { iso, viewConnection } from '../../../src/core/events/connection-view.ts'
import { isLive } from '../../../src/core/connection/connection.ts'
import { MADE_AT } from '../../support/make-connection.ts'
import { corrupt, EVERYTHING, FULL, stocked } from '../damaged-vault.ts'
import { sqlite as database } from '../databases.ts'

// SQLite accepts a value of any type in any column, and so does a damaged file.
test('a row with random column values does not break reads, and other rows are listed', async () => {
  await using vault = await stocked(database, { cacheBytes: 1 })
  const whole = await corrupt(database, vault, [])
  const columns = Object.keys(whole).filter((column) => column !== 'id')
  const anything = fc.oneof(
    fc.string(),
    fc.double({ noNaN: true }),
    fc.integer(),
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
  )
  const damage = fc.dictionary(fc.constantFrom(...columns), anything, { minKeys: 1, maxKeys: 4 })
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const put = (values: object) =>
        database.behind(vault, (db) =>
          db.updateTable('connections').set(values).where('id', '=', FULL.id).execute(),
        )
      await put(changes)
      const poisoned = await vault.store.connection(FULL.id)
      if (poisoned === null) throw new Error('not there')
      expect(() => JSON.stringify(viewConnection(poisoned, MADE_AT))).not.toThrow()
      expect(() => [poisoned.createdAt, poisoned.updatedAt].map(iso)).not.toThrow()
      if (isLive(poisoned)) expect(Number.isSafeInteger(poisoned.grant.generation)).toBe(true)
      const listed = await vault.store.listConnections(EVERYTHING)
      expect(listed.filter(({ id }) => id !== FULL.id)).toHaveLength(2)
      await put({ ...whole })
    }),
    { numRuns: 100 },
  )
})
