import { expect, test } from 'vitest'
import type { Ports } from '../../../src/ports/ports.ts'
import { listEvents } from '../../../src/vault/operate/list-events.ts'
import { ShiftedClock } from '../../support/shifted-clock.ts'
import { OPERATOR } from '../../support/vault-stage.ts'

test('a poll that may see no event reads ten pages and lets other work run in between', async () => {
  let [pages, turns] = [0, 0]
  const store = {
    eventPage: async ({ after }: { readonly after: number }) => {
      pages++
      return { events: [], reached: after + 2_000 }
    },
  }
  const ports = { clock: new ShiftedClock(), store } as unknown as Ports
  const counting = setInterval(() => turns++, 0)
  const answer = await listEvents(ports, OPERATOR, { after: null, limit: 100 })
  clearInterval(counting)
  expect(answer).toEqual({ items: [], nextCursor: '20000' })
  expect(pages).toBe(10)
  expect(turns).toBeGreaterThan(pages / 2)
})
