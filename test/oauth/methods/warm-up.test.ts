import { expect, test } from 'vitest'
import { type Egress, openEgress } from '../../../src/oauth/egress/egress.ts'
import { warmUp } from '../../../src/oauth/methods/warm-up.ts'
import { systemClock as clock } from '../../../src/observe/system-clock.ts'

test('a rehearsal sends every request of a refresh, and closes its server', async () => {
  const real = await openEgress({ clock })
  const seen: { readonly url: string; readonly status: number }[] = []
  const egress: Egress = {
    send: async (request) => {
      const result = await real.send(request)
      if (result.kind === 'answered') seen.push({ url: request.url.href, status: result.status })
      return result
    },
  }
  expect(await warmUp({ egress, clock })).toBe(seen.length)
  expect(seen.length).toBeGreaterThan(1)
  for (const { url, status } of seen) {
    expect(url).toContain('http://127.0.0.1:')
    expect(status).toBe(200)
  }
  await expect(fetch(seen[0]?.url ?? '')).rejects.toThrow()
})

test('a rehearsal ends after one request if loopback is unreachable', async () => {
  let tried = 0
  const egress: Egress = {
    send: async () => {
      tried++
      return { kind: 'not_sent', sentAt: clock.now(), reason: 'unreachable' }
    },
  }
  expect(await warmUp({ egress, clock })).toBe(0)
  expect(tried).toBe(1)
})
