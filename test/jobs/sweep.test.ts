import { expect, test } from 'vitest'
import { jobsOf } from '../../src/jobs/jobs.ts'
import { ClockFollower } from '../../src/vault/upkeep/follow-clock.ts'
import type { Ports } from '../../src/ports/ports.ts'
import { NO_WEBHOOKS } from '../support/no-webhooks.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

test('a long sweep lets other work run between its batches', async () => {
  const clock = new ShiftedClock()
  let left = 50
  let turns = 0
  const store = { write: async () => (left-- > 0 ? 500 : 0) }
  const ports = { clock, store, webhooks: NO_WEBHOOKS } as unknown as Ports
  const sweep = jobsOf(ports, new ClockFollower(ports, null)).find(({ name }) => name === 'sweep')
  const counting = setInterval(() => turns++, 0)
  await sweep?.run(new AbortController().signal)
  clearInterval(counting)
  expect(left).toBeLessThan(0)
  expect(turns).toBeGreaterThan(25)
})
