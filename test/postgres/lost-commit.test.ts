import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { inject, expect, onTestFinished, test } from 'vitest'
import { Secret } from '../../src/core/base/secret.ts'
import { openShared } from '../../src/store/postgres/open-postgres.ts'
import { createSealer } from '../../src/seal/sealer.ts'
import { createKeyring } from '../../src/seal/keyring.ts'
import { systemClock, systemRandom } from '../../src/observe/system-clock.ts'
import { makeConnection } from '../support/make-connection.ts'
import { masterKey } from '../support/open-vault-store.ts'
import { postgresSettings } from '../support/open-postgres-vault.ts'
import { queryPostgres } from '../support/postgres.ts'

/** When the proxy cuts the connection that sends the next COMMIT. */
type Cut = 'after the server has it' | 'before the server has it'

test.each<Cut>(['after the server has it', 'before the server has it'])(
  'a write whose connection is lost with its COMMIT, %s, is stored once and succeeds',
  async (cut) => {
    const { store, proxy } = await openThroughProxy()
    const { id } = makeConnection()
    proxy.cutNext(cut)
    let runs = 0
    await store.write((trx) => {
      runs += 1
      return trx.insertConnection(makeConnection())
    })
    expect(proxy.plan.cuts).toBe(1)
    // Only a transaction that was not committed runs again.
    expect(runs).toBe(cut === 'after the server has it' ? 1 : 2)
    expect(await store.connection(id)).not.toBeNull()
  },
)

test('a write whose outcome cannot be found out fails, and its error says so', async () => {
  const { store, proxy } = await openThroughProxy()
  proxy.cutNext('after the server has it', 'and refuse all others')
  const write = store.write((trx) => trx.insertConnection(makeConnection()))
  await expect(write).rejects.toMatchObject({ reason: 'unreachable', isUnknown: true })
  proxy.accept()
  // It was committed.
  expect(await store.connection(makeConnection().id)).not.toBeNull()
})

async function openThroughProxy() {
  const name = `lost_${systemRandom.bytes(8).reduce((text, byte) => text + byte.toString(16), '')}`
  const server = inject('postgresUrl')
  await queryPostgres(server, `create database ${name}`)
  const proxy = await startProxy(Number(new URL(server).port))
  const url = new URL(server)
  url.port = String(proxy.port)
  url.pathname = `/${name}`
  const database = await openShared(
    { ...postgresSettings(url.href), url: new Secret(url.href) },
    {
      hold: async () => ({
        ensure: () => null,
        claim: async () => {},
        [Symbol.asyncDispose]: async () => {},
      }),
      allowsNoFsync: true,
    },
  )
  const { records, keyring } = await createKeyring(masterKey(), name, 1)
  await database.create(records)
  const sealer = createSealer(keyring)
  const store = await database.openStore({ sealer, clock: systemClock, random: systemRandom })
  onTestFinished(async () => {
    await store[Symbol.asyncDispose]()
    keyring[Symbol.dispose]()
    proxy.close()
    await queryPostgres(server, `drop database ${name} with (force)`)
  })
  return { store, proxy }
}

/** A simple query message of the protocol: `Q`, the length, the text, and a zero. */
const COMMIT = Buffer.from('commit\0')

/** The state of the proxy. `cuts` counts the connections that it has cut. */
type Plan = { cut: Cut | null; isRefusing: boolean; willRefuse: boolean; cuts: number }

/** Passes all bytes on, until it has to cut a connection. */
async function startProxy(target: number) {
  const plan: Plan = { cut: null, isRefusing: false, willRefuse: false, cuts: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    if (plan.isRefusing) {
      client.destroy()
      return
    }
    const upstream = connect(target, '127.0.0.1')
    for (const socket of [client, upstream]) sockets.add(socket)
    relay(client, upstream, plan)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    plan,
    cutNext: (cut: Cut, others: 'and refuse all others' | null = null) => {
      Object.assign(plan, { cut, willRefuse: others !== null })
    },
    accept: () => {
      plan.isRefusing = false
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function relay(client: Socket, upstream: Socket, plan: Plan): void {
  let isCut = false
  const end = () => {
    client.destroy()
    upstream.destroy()
  }
  for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  upstream.on('data', (bytes) => {
    // The server has answered the COMMIT.
    if (isCut) end()
    else client.write(bytes)
  })
  client.on('data', (bytes) => {
    isCut ||= plan.cut !== null && bytes.includes(COMMIT)
    if (!isCut || plan.cut === 'after the server has it') upstream.write(bytes)
    else end()
    if (!isCut) return
    plan.cuts += 1
    plan.cut = null
    plan.isRefusing = plan.willRefuse
  })
}
