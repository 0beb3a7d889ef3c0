import { expect, test } from 'vitest'
import { flipBytes } from './bytes.ts'

// A sample of `npm run test:crash -- bytes`, which damages every byte.

test('a flipped bit in the database is refused, detected or harmless, and no connection gets another connection’s token', async () => {
  const report = await flipBytes({ every: 509, seed: 'sample' })
  const { faults, flipped, refused, detected, altered, unharmed } = report
  expect(faults).toEqual([])
  expect(refused).toBeGreaterThan(0)
  expect(detected).toBeGreaterThan(0)
  expect(refused + detected + altered + unharmed).toBe(flipped)
}, 120_000)
