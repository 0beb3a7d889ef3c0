import { expect, test } from 'vitest'
import { killAfterAnswers } from './after-answer.ts'

// A short form; `npm run test:crash -- after-answer` plays it at full length.

const KILLS = 4

test('killed a moment after the answer to its first refresh, it has kept it, or says that it cannot know', async () => {
  // Cold code takes longer than this: none was survived before a start rehearsed a refresh.
  const options = { afterMs: 5, warmUp: 0, kills: KILLS, seed: 'short' }
  const { survived, labelled, damaged, violations } = await killAfterAnswers(options)
  expect(survived).toBeGreaterThan(0)
  expect(labelled).toBe(KILLS - survived)
  expect([...damaged, ...violations]).toEqual([])
}, 60_000)
