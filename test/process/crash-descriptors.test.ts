import { readdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { until } from '../support/until.ts'

const DESCRIPTORS = 64

test('if Larder has no file descriptors left, refreshes fail with 503, no connection is lost, and refreshes work again later', async () => {
  await using stage = await openCrashStage({
    provider: { profile: 'strict', accessTokenSeconds: 600 },
    refresh: { backoffFirstSeconds: 1 },
  })
  const larder = await stage.start(['prlimit', `--nofile=${DESCRIPTORS}`])
  const [one] = await stage.adopt(1)
  if (one === undefined) throw new Error('no connection was imported')
  const path = `/v1/connections/${one.id}`
  // This request opens the keep-alive connection over which the refusal is answered later.
  const refresh = () => stage.api.post(`${path}/refresh`)
  expect((await refresh()).status).toBe(200)
  const idle = await exhaust(stage.at.privateUrl, larder.pid)
  const refused = await refresh()
  expect(refused).toMatchObject({ status: 503, body: { code: 'provider_unavailable' } })
  expect((await stage.api.get(`${path}/token`)).status).toBe(200)
  expect((await stage.api.get('/readyz')).status).toBe(200)
  expect(await larder.output()).toContain('"event":"refresh.failed"')
  for (const socket of idle) socket.destroy()
  await until('it to refresh again', async () => (await refresh()).status === 200)
  expect((await stage.api.get(path)).body).toMatchObject({ status: 'active', failure: null })
  expect((await stage.provider.family(one.family)).revoked).toBeNull()
})

/** Uses up all remaining descriptors with idle connections. */
async function exhaust(url: string, pid: number): Promise<readonly Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
  for (let n = 0; n < DESCRIPTORS; n++) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    sockets.push(socket)
  }
  // A connected socket may still be in the kernel's queue, not yet accepted by the process.
  let left = { taken: -1, open: -1 }
  await until('all connections to be accepted or refused', async () => {
    const { length: taken } = await readdir(`/proc/${pid}/fd`)
    const open = sockets.filter(({ readyState }) => readyState === 'open').length
    const isSettled = taken === left.taken && open === left.open && taken >= DESCRIPTORS - 1
    left = { taken, open }
    return isSettled && sockets.every(({ connecting }) => !connecting)
  })
  return sockets
}
