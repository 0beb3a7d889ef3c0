import { readdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { until } from '../support/until.ts'

const DESCRIPTORS = 64

test('out of file descriptors it harms no connection, says so, and recovers', async () => {
  await using stage = await openCrashStage({
    provider: { profile: 'strict', accessTokenSeconds: 600 },
    refresh: { backoffFirstSeconds: 1 },
  })
  const larder = await stage.start(['prlimit', `--nofile=${DESCRIPTORS}`])
  const [one] = await stage.adopt(1)
  if (one === undefined) throw new Error('nothing was adopted')
  const path = `/v1/connections/${one.id}`
  // One connection is there already and stays, so that there is somebody to tell.
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

/** Takes every descriptor that is left by connections on which nothing is said. */
async function exhaust(url: string, pid: number): Promise<readonly Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()))
  for (let n = 0; n < DESCRIPTORS; n++) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    sockets.push(socket)
  }
  // Connected is what the system has queued: the process may not have taken it yet.
  let left = { taken: -1, open: -1 }
  await until('all to be taken or turned away', async () => {
    const { length: taken } = await readdir(`/proc/${pid}/fd`)
    const open = sockets.filter(({ readyState }) => readyState === 'open').length
    const isSettled = taken === left.taken && open === left.open && taken >= DESCRIPTORS - 1
    left = { taken, open }
    return isSettled && sockets.every(({ connecting }) => !connecting)
  })
  return sockets
}
