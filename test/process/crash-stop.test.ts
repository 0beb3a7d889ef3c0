import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { type CrashStage, openCrashStage } from '../crash/crash-stage.ts'
import { storedTokensOf } from '../crash/vault-files.ts'
import { percentile } from '../scripted-provider/checker/load.ts'
import { until } from '../support/until.ts'

const ANSWERS_AFTER_MS = 8_000
/** The default number of concurrent refreshes per client. The others wait. */
const AT_ONCE = 4

test('on SIGTERM during slow refreshes, Larder stores every rotation, keeps serving tokens and exits 0', async () => {
  await using stage = await openCrashStage({
    provider: { profile: 'strict' },
    refresh: { ratePerSecond: 100 },
  })
  const larder = await stage.start()
  const adopted = await stage.adopt(8)
  await stage.provider.misbehave({ act: 'delay', before: 'answer', ms: ANSWERS_AFTER_MS })
  const refreshing = adopted.map(({ id }) => stage.api.post(`/v1/connections/${id}/refresh`))
  await stage.provider.until({ count: AT_ONCE, phase: 'processed' })
  larder.kill('SIGTERM')
  await until('/readyz to return 503', async () => (await stage.api.get('/readyz')).status === 503)
  const asked = await readUntilTheEnd(stage, `/v1/connections/${adopted[0]?.id}/token`)
  expect(await larder.ended).toBe(0)
  // Reads are answered at their usual speed until the end.
  expect(asked.length).toBeGreaterThan(50)
  expect(percentile(asked, 0.99)).toBeLessThan(1_000)
  // Refreshes that were not sent yet are refused, so that the process ends soon.
  const answers = await Promise.all(refreshing)
  const landed = answers.filter(({ status }) => status === 200)
  const refused = answers.filter(({ status }) => status === 503)
  expect([landed.length, refused.length]).toEqual([AT_ONCE, adopted.length - AT_ONCE])
  expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(AT_ONCE)
  await allRotationsAreStored(stage)
}, 60_000)

test('on SIGTERM with idle connections open on both listeners, Larder exits 0 at once', async () => {
  await using stage = await openCrashStage({ provider: { profile: 'plain' } })
  const larder = await stage.start()
  const ports = [stage.at.privateUrl, stage.at.publicUrl].map((url) => Number(new URL(url).port))
  const said = ['', 'GET /livez HT', 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n']
  const sockets = ports.flatMap((port) =>
    said.map((bytes) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
      socket.on('error', () => undefined)
      socket.resume()
      socket.write(bytes)
      return socket
    }),
  )
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  await stage.api.get('/readyz')
  const asked = performance.now()
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
  // A request in progress may take a minute; idle connections must not.
  expect(performance.now() - asked).toBeLessThan(15_000)
  for (const socket of sockets) socket.destroy()
}, 90_000)

/** Reads until the daemon is gone. Returns how long each answer took. */
async function readUntilTheEnd({ api }: CrashStage, path: string): Promise<readonly number[]> {
  const took: number[] = []
  for (;;) {
    const at = performance.now()
    const answer = await api.get(path).catch(() => null)
    if (answer === null) return took
    expect(answer.status).toBe(200)
    took.push(performance.now() - at)
  }
}

async function allRotationsAreStored({ at, provider }: CrashStage): Promise<void> {
  const stored = await storedTokensOf(at.dataDir)
  const { families, requests } = await provider.truth()
  expect(stored.toSorted(byFamily)).toEqual(
    families.map(({ id, current }) => ({ family: id, refreshToken: current })).toSorted(byFamily),
  )
  expect(families.filter(({ revoked }) => revoked !== null)).toEqual([])
  expect(requests.filter(({ told }) => told !== 'plainly')).toEqual([])
}

function byFamily(a: { readonly family: string }, b: { readonly family: string }): number {
  return a.family.localeCompare(b.family)
}
