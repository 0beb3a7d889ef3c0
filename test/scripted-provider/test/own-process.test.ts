import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { askRefresh } from '../ask-provider.ts'
import { monotonicMs } from '../clock.ts'
import { createScriptedProvider } from '../create-scripted-provider.ts'
import type { ScriptedProvider } from '../scripted-provider.ts'
import { startScriptedProvider } from '../start-scripted-provider.ts'
import { newGrant } from './one-grant.ts'
import { refreshRequest } from './wire-client.ts'

test('a provider in its own process answers requests and reports the truth', async () => {
  await using provider = await startScriptedProvider({ seed: 'a seed', profile: 'strict' })
  expect(provider.pid).not.toBe(process.pid)
  const { refreshToken } = await newGrant(provider)
  const told = await askRefresh(provider, refreshToken)
  const truth = await provider.truth()
  expect(truth.families[0]?.current).toBe(told.json['refresh_token'])
  expect(truth.requests).toMatchObject([{ endpoint: 'token', family: 'f0', told: 'plainly' }])
  expect(truth.faults).toEqual([])
  expect(provider.describe()).toContain('SCRIPTED_PROVIDER_SEED=a seed')
})

test('the provider’s time is the same in both processes, even after it was advanced', async () => {
  await using provider = await startScriptedProvider()
  await provider.advanceTime(86_400_000)
  const before = provider.now()
  const { now } = await provider.truth()
  expect(now).toBeGreaterThanOrEqual(before)
  expect(now).toBeLessThanOrEqual(provider.now())
  expect(now - monotonicMs()).toBeGreaterThan(86_390_000)
})

test('the same seed gives the same tokens in any process', async () => {
  await using one = await startScriptedProvider({ seed: 'twins' })
  await using other = await createScriptedProvider({ seed: 'twins' })
  const tokens = await Promise.all([one, other].map(async (each) => newGrant(each)))
  expect(tokens[0]).toEqual(tokens[1])
  expect(one.client).toEqual(other.client)
})

test('a wrong command is rejected, and the provider continues', async () => {
  await using provider = await startScriptedProvider()
  await expect(provider.family('f5')).rejects.toThrow('no family f5')
  await expect(provider.advanceTime(-1)).rejects.toThrow('does not go back')
  expect(await provider.mintGrants(1)).toHaveLength(1)
})

test('a provider in its own process outlives a killed client and records that the client left', async () => {
  await using provider = await startScriptedProvider({ profile: 'strict' })
  const { family, refreshToken } = await newGrant(provider)
  await provider.misbehave({ act: 'hold', before: 'answer' })
  const client = startClient(provider, refreshToken)
  await provider.until({ family, count: 1, phase: 'processed' })
  client.kill('SIGKILL')
  await provider.until({ family, count: 1, phase: 'closed' })
  await provider.behave()
  const [record] = await provider.requests({ family })
  expect(record).toMatchObject({ answeredAt: null, told: 'nothing', issued: { rotated: true } })
  const again = await askRefresh(provider, refreshToken)
  expect(again.json['error']).toBe('invalid_grant')
  expect((await provider.truth()).overlaps).toEqual([])
})

test.each(['arrived', 'processed', 'answered'] as const)(
  'the provider kills a client once its request has %s',
  async (moment) => {
    await using provider = await startScriptedProvider({ profile: 'strict' })
    const { family, refreshToken } = await newGrant(provider)
    const hold = await provider.misbehave({ act: 'hold', before: 'processing' })
    const client = startClient(provider, refreshToken)
    const ended = new Promise((resolve) => client.once('exit', (_, signal) => resolve(signal)))
    await provider.until({ family, count: 1, phase: 'arrived' })
    await provider.behave(hold)
    const second = await provider.mintGrants(1)
    const kill = { act: 'kill', pid: client.pid ?? 0, once: moment, afterMs: 1.5 } as const
    await provider.misbehave(kill, { next: 1 })
    await askRefresh(provider, second[0]?.refreshToken)
    expect(await ended).toBe('SIGKILL')
    const { kills, requests } = await provider.truth()
    const record = requests.at(-1)
    const since = { arrived: 'readAt', processed: 'processedAt', answered: 'answeredAt' } as const
    const gap = (kills[0]?.at ?? 0) - (record?.[since[moment]] ?? 0)
    expect(gap).toBeGreaterThanOrEqual(1.4)
    expect(gap).toBeLessThan(20)
  },
)

test('a provider in its own process ends with its parent, even if the parent is killed', async () => {
  const controller = start('dying-controller.ts', [])
  const [{ pid, origin }] = (await once(controller, 'message')) as [{ pid: number; origin: string }]
  expect(await canConnect(origin)).toBe(true)
  controller.kill('SIGKILL')
  await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false)
  expect(await canConnect(origin)).toBe(false)
})

test('pending and later commands are rejected when the provider has ended', async () => {
  const provider = await startScriptedProvider()
  const waiting = provider.until({ count: 1, phase: 'answered' })
  const told = expect(waiting).rejects.toThrow('has ended')
  await provider[Symbol.asyncDispose]()
  await told
  await expect(provider.truth()).rejects.toThrow('has ended')
})

test('a provider holds ten thousand grants and keeps the newest of twenty thousand requests', async () => {
  await using provider = await startScriptedProvider({ requestsKept: 5_000, profile: 'plain' })
  const grants = await provider.mintGrants(10_000)
  await storm(provider, refreshRequest(provider, grants[0]?.refreshToken ?? ''), 20_000)
  const truth = await provider.truth()
  expect(truth.families).toHaveLength(10_000)
  expect(truth.requestsTotal).toBe(20_000)
  expect(truth.tokenRequests).toBe(20_000)
  expect(truth.requests.length).toBeLessThan(10_000)
  expect(truth.families[0]?.accessTokens.length).toBeLessThan(10_000)
}, 30_000)

/** Repeats a request over four keep-alive connections as fast as it is answered. */
async function storm(provider: ScriptedProvider, request: string, count: number): Promise<void> {
  const kept = request.replace('connection: close', 'connection: keep-alive')
  const { hostname, port } = new URL(provider.origin)
  const each = count / 4
  const connections = [1, 2, 3, 4].map(async () => {
    const socket = connect({ host: hostname, port: Number(port) })
    let answered = 0
    socket.write(kept)
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      if (!chunk.toString('latin1').endsWith('}')) continue
      if (++answered === each) break
      socket.write(kept)
    }
  })
  await Promise.all(connections)
}

function startClient(provider: ScriptedProvider, refreshToken: string): ChildProcess {
  const request = Buffer.from(refreshRequest(provider, refreshToken)).toString('base64')
  return start('dying-client.ts', [provider.origin, request])
}

function start(file: string, args: readonly string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url))
  return fork(path, args, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function canConnect(origin: string): Promise<boolean> {
  const { hostname, port } = new URL(origin)
  const socket = connect({ host: hostname, port: Number(port) })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
