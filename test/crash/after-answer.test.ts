import { expect, test } from 'vitest'
import { killAfterAnswers } from './after-answer.ts'

// The short form of `npm run test:crash -- after-answer`.

const KILLS = 4

test('if Larder is killed 5 ms after the answer to its first refresh, it has stored the rotation or reports the loss as interrupted', async () => {
  // Code that was never run takes longer than this; a start therefore rehearses a refresh.
  const options = { afterMs: 5, warmUp: 0, kills: KILLS, seed: 'short' }
  const { survived, labelled, damaged, violations } = await killAfterAnswers(options)
  expect(survived).toBeGreaterThan(0)
  expect(labelled).toBe(KILLS - survived)
  expect([...damaged, ...violations]).toEqual([])
}, 60_000)
