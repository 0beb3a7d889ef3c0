import { expect, test } from 'vitest'
import { flipBytes } from './bytes.ts'

// A sample; `npm run test:crash -- bytes` flips every one.

test('a byte of the database flipped is refused, told or without harm, and no token is another’s', async () => {
  const report = await flipBytes({ every: 509, seed: 'sample' })
  const { faults, flipped, refused, detected, altered, unharmed } = report
  expect(faults).toEqual([])
  expect(refused).toBeGreaterThan(0)
  expect(detected).toBeGreaterThan(0)
  expect(refused + detected + altered + unharmed).toBe(flipped)
}, 120_000)
